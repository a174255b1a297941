EAPI=8

DESCRIPTION="A tiny source with a configure script as autoconf makes them, a man page, and a subfolder"
SLOT="0"
IUSE="+nls static-libs"

PATCHES=( "${FILESDIR}"/greeting.patch )

src_unpack() {
	mkdir "${S}" || die
	cp -r "${FILESDIR}"/src/. "${S}" || die
	chmod +x "${S}"/configure || die
}

src_configure() {
	local myconf=(
		$(use_enable nls)
		$(use_enable static-libs static)
		--with-greeting="hello, world"
	)
	econf "${myconf[@]}"
}

src_test() {
	emake check
}
