EAPI=8
DESCRIPTION="the depth of eclasses is another"
SLOT=0
ECLASS_DEPTH=99
inherit hostile-empty
