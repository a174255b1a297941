# Copyright of nobody

EAPI=8

PROPERTIES="interactive"
RESTRICT="test"
IUSE="before"

inherit demo-restrict demo-a

DESCRIPTION="EAPI 8: PROPERTIES and RESTRICT accumulate; IUSE here is '${IUSE}'"
HOMEPAGE="https://accumulate.example.org/"
SRC_URI="fetch+https://accumulate.example.org/${P}.tar.xz
	mirror+https://accumulate.example.org/${P}-extra.tar.xz -> extra-${PV}.tar.xz"
LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="~amd64"
RESTRICT+=" fetch"
IDEPEND="sys-demo/update-desktop"
BDEPEND="doc? ( dev-demo/docgen )"

src_compile() {
	demo-a_src_install
	default
}
