# An ebuild of EAPI 0: no assignment of EAPI at all, and RDEPEND falls back to DEPEND.

DESCRIPTION="EAPI 0 without saying so"
HOMEPAGE="https://oldest.example.org/"
SRC_URI="https://oldest.example.org/${P}.tar.gz"
LICENSE="GPL-2"
SLOT="0"
KEYWORDS="amd64 ~x86"
IUSE="nls"
DEPEND="dev-demo/younger
	nls? ( sys-demo/gettext )"

src_install() {
	einstall || die
}
