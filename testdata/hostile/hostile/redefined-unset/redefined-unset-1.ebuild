EAPI=8
DESCRIPTION="a function named unset"
SLOT=0
unset() { :; }
