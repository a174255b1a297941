EAPI=8

DESCRIPTION="A tiny source with a plain makefile, which the ebuild carries itself"
SLOT="0"
IUSE="+greeting"

src_unpack() {
	mkdir "${S}" || die
	cp "${FILESDIR}"/{Makefile,hello.c,README} "${S}" || die
}

src_configure() {
	KEPT=( a "b c" )
	declare -gA MAP=( [x]=1 [y y]=$'2\n3' )
	export GREETING=$(usex greeting "hello world" "")
}

src_compile() {
	[[ ${#KEPT[@]} == 2 && ${KEPT[1]} == "b c" && ${MAP[y y]} == $'2\n3' ]] || die "state was lost"
	default
}

src_install() {
	emake DESTDIR="${D}" PREFIX="${EPREFIX}/usr" install
}
