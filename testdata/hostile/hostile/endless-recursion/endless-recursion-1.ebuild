EAPI=8
DESCRIPTION="a function that calls itself"
SLOT=0
f() { f; }
f
