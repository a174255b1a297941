# @ECLASS: demo-a.eclass
# @SUPPORTED_EAPIS: 0 1 2 3 4 5 6 7 8
# @BLURB: the beginning of a chain of three eclasses

inherit demo-b

# Exported before the functions are defined, which is legal.
EXPORT_FUNCTIONS src_install pkg_postinst

IUSE="chain-a"
RDEPEND="dev-demo/run-a"

demo-a_src_install() {
	:
}

demo-a_pkg_postinst() {
	einfo "installed ${PF}"
}
