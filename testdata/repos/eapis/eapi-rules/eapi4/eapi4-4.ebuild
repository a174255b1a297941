EAPI=4
inherit first
DESCRIPTION="No fallback from EAPI 4 on"
SLOT="4"
DEPEND="own/depend"
REQUIRED_USE="|| ( x y )"
IUSE="x y"
pkg_pretend() { :; }
