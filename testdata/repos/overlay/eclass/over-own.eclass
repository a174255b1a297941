# @ECLASS: over-own.eclass
# @BLURB: an eclass of the overlay that inherits one of its master

inherit demo-b

BDEPEND="app-over/own-tool"

over-own_pkg_setup() {
	demo-b_join - "${PN}" setup
}

EXPORT_FUNCTIONS pkg_setup
