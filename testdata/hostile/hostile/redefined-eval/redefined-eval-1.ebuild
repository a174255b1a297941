EAPI=8
DESCRIPTION="a function named eval"
SLOT=0
eval() { :; }
