EAPI=8
DESCRIPTION="an eclass whose last command fails"
SLOT=0
inherit hostile-false
