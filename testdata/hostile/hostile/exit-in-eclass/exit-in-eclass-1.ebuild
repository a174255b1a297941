EAPI=8
DESCRIPTION="an eclass that ends the shell"
SLOT=0
inherit hostile-exit
