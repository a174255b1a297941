# The phase is exported before it is defined.
EXPORT_FUNCTIONS src_compile pkg_setup

DEPEND="eclass/first"
IUSE="first-early"

inherit inner

IUSE+=" first-late"
RDEPEND="run/first"

first_src_compile() {
	:
}

first_pkg_setup() {
	:
}
