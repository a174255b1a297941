EAPI=8
DESCRIPTION="a tree of subshells"
SLOT=0
f() { ( f ); ( f ); }
f
