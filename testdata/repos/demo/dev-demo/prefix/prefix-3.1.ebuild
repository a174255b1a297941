EAPI='3'

inherit demo-b

DESCRIPTION="EAPI 3: RDEPEND is unset, so it is the ebuild's own DEPEND"
HOMEPAGE="https://prefix.example.org/"
LICENSE="public-domain"
SLOT="0"
KEYWORDS="-* ~amd64 ~x86-macos"
DEPEND="dev-demo/arrows"

pkg_setup() {
	:
}

pkg_postrm() {
	:
}
