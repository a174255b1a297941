EAPI=8
DESCRIPTION="ends its shell from a function"
SLOT=0
f() { exit 3; }
f
