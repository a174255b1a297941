EAPI=8
DESCRIPTION="a function named inherit"
SLOT=0
inherit() { :; }
inherit no-such-eclass
