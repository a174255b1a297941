EAPI="1" # quoted, with a comment
inherit first second
DESCRIPTION="${PV} RDEPEND is set and empty: no fallback"
SLOT="1"
DEPEND="own/depend:1"
RDEPEND=""
IUSE="+plus -minus"
