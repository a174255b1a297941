EAPI=8
DESCRIPTION="a function named declare"
SLOT=0
declare() { :; }
