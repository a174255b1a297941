EAPI=8

GREETING="hello, world"
inherit greeting

DESCRIPTION="Says hello"
LICENSE="MIT"
SLOT="0"
KEYWORDS="~amd64"
S="${WORKDIR}"

src_compile() {
	sed "s/@GREETING@/${GREETING}/" "${FILESDIR}/hello.in" >hello || die
}

src_install() {
	dobin hello
}

pkg_config() {
	einfo "There is nothing to configure."
}

pkg_info() {
	einfo "It says: ${GREETING}"
}
