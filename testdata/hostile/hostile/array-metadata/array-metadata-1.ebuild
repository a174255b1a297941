EAPI=8
DESCRIPTION="a metadata variable that is an array"
SLOT=0
DEPEND=( a/b c/d )
