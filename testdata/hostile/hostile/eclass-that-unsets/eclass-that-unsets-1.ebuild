EAPI=8
DESCRIPTION="an eclass that unsets the variables of ebuilds"
SLOT=0
IUSE=x
inherit hostile-unset
