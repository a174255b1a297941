EAPI=8
DESCRIPTION="eclasses that inherit each other"
SLOT=0
inherit hostile-one
