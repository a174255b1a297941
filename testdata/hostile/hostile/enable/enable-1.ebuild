EAPI=8
DESCRIPTION="a builtin less"
SLOT=0
enable -n printf
