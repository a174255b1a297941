EAPI=8
DESCRIPTION="a metadata variable that is another"
SLOT=0
declare -n RDEPEND=HOMEPAGE
