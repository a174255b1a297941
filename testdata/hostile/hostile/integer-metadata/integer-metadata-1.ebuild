EAPI=8
DESCRIPTION="a metadata variable that is an integer"
SLOT=0
declare -i SLOT=1+1
