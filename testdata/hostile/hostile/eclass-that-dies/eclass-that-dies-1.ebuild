EAPI=8
DESCRIPTION="an eclass that dies"
SLOT=0
inherit hostile-die
