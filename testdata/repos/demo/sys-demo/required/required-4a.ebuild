EAPI=4	# a comment after a tab

DESCRIPTION="EAPI 4: REQUIRED_USE and pkg_pretend"
HOMEPAGE="https://required.example.org/"
SRC_URI="https://required.example.org/${P}.tar.bz2"
LICENSE="Apache-2.0"
SLOT="0"
KEYWORDS="~amd64"
IUSE="+gtk qt ssl gnutls"
REQUIRED_USE="|| ( gtk qt ) ssl? ( gnutls )"
RDEPEND="gtk? ( dev-demo/gtk:2= )
	ssl? ( dev-demo/ssl[gnutls?] )"
RDEPEND=${RDEPEND/:2=/:2}
DEPEND="${RDEPEND}
	sys-demo/tool"

pkg_pretend() {
	use qt && ewarn "qt"
}

pkg_info() {
	:
}
