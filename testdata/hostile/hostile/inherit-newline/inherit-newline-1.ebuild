EAPI=8
DESCRIPTION="an eclass with a newline in its name"
SLOT=0
inherit $'hostile-empty\nx'
