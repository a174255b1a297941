EAPI=8

inherit builder

DESCRIPTION="A tiny source that is built in another folder, as meson does, by an eclass"
SLOT="0"
IUSE="shout test"
RESTRICT="!test? ( test )"

src_unpack() {
	mkdir "${S}" || die
	cp "${FILESDIR}"/* "${S}" || die
}

src_configure() {
	local emesonargs=( $(builder_feature shout) )
	builder_src_configure
}

src_install() {
	builder_src_install
	newbin - mesonlike-stdin <<<$'#!/bin/sh\necho from standard input'
	dosym -r /usr/$(get_libdir)/mesonlike/word /usr/share/mesonlike/word
}
