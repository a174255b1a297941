EAPI=8
DESCRIPTION="a function named die"
SLOT=0
die() { :; }
die
