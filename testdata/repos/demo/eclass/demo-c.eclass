# @ECLASS: demo-c.eclass
# @SUPPORTED_EAPIS: 0 1 2 3 4 5 6 7 8
# @BLURB: the end of a chain of three eclasses

if [[ -z ${_DEMO_C_ECLASS} ]]; then
_DEMO_C_ECLASS=1

IUSE="chain-c"
DEPEND="dev-demo/from-c"
PDEPEND="dev-demo/later-c"

demo-c_src_unpack() {
	default
}

demo-c_src_compile() {
	:
}

fi

EXPORT_FUNCTIONS src_unpack src_compile
