EAPI=8
DESCRIPTION="an eclass that inherits itself"
SLOT=0
inherit hostile-self
