EAPI=8

GREETING="soon"
inherit greeting

DESCRIPTION="Does not compile yet"
LICENSE="MIT"
SLOT="0"
S="${WORKDIR}"

src_unpack() {
	cp "${FILESDIR}/Makefile" . || die
}

src_compile() {
	emake
}
