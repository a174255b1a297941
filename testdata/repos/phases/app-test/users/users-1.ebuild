EAPI=8

DESCRIPTION="Says who runs each phase"
SLOT="0"
S=${WORKDIR}

whoruns() {
	echo "${EBUILD_PHASE} runs as $(id -u)"
	: >"${T}/${EBUILD_PHASE}" || die
}

pkg_setup() { whoruns; }
src_unpack() { whoruns; : >made || die; }
src_prepare() { whoruns; default; }
src_configure() { whoruns; nonfatal dobin nofile && die; has_version app-test/none && die; :; }
src_compile() { whoruns; : >>made || die; }
src_install() { whoruns; insinto /etc; doins made; }
