EAPI='2'	
inherit second first
DESCRIPTION="revision r0 is kept: ${PVR} ${PR} ${PF}"
SLOT="2"
SRC_URI="http://example.org/a -> b"
DEPEND="own/depend[flag?]"
IUSE="flag"
unset RDEPEND
