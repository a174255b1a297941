EAPI=8
DESCRIPTION="an eclass that is not there"
SLOT=0
inherit no-such-eclass
