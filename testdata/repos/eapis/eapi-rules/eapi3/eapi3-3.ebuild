EAPI=3
inherit first
DESCRIPTION="RDEPEND falls back to the ebuild's own DEPEND only"
SLOT="3"
DEPEND="own/depend"
src_install() { :; }
pkg_info() { :; }
