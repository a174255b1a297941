# @ECLASS: demo-vers.eclass
# @SUPPORTED_EAPIS: 7 8
# @BLURB: names and addresses made from the version

case ${EAPI} in
	7|8) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

# @FUNCTION: demo-vers_uri
# @USAGE: <host>
# @DESCRIPTION:
# Appends the address of the release to SRC_URI.
demo-vers_uri() {
	local major=$(ver_cut 1-2)
	SRC_URI+=" https://$1/${PN}/${major}/$(ver_rs 1- _).tar.xz -> ${P}.tar.xz"
}

HOMEPAGE="https://${PN}.example.org/$(ver_cut 1)"
SLOT="$(ver_cut 1)/$(ver_cut 1-2)"
