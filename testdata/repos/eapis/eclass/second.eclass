RESTRICT="test"
PROPERTIES="live"
REQUIRED_USE="second? ( first-early )"
IUSE="second"

second_src_compile() {
	:
}

EXPORT_FUNCTIONS src_compile
