IUSE="inner"
PDEPEND=""

inner_src_prepare() {
	:
}

EXPORT_FUNCTIONS src_prepare
