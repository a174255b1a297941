EAPI=8
DESCRIPTION="a variable that must stay assignable"
SLOT=0
readonly IUSE=x
