EAPI=8
DESCRIPTION="an eclass by its path"
SLOT=0
inherit ../../../../etc/passwd
