EAPI=8
DESCRIPTION="a function named source"
SLOT=0
source() { :; }
