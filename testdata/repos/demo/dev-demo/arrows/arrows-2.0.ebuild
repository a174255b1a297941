EAPI="2"

MY_P="${P/-/_}"
DESCRIPTION="EAPI 2: arrows in SRC_URI and USE dependencies"
HOMEPAGE="https://arrows.example.org/ https://mirror.example.org/arrows"
SRC_URI="https://arrows.example.org/${MY_P}.tar.gz -> ${P}.tar.gz
	doc? (
		https://arrows.example.org/${MY_P}-doc.zip
			-> ${P}-doc.zip
	)"
LICENSE="MIT doc? ( FDL-1.3 )"
SLOT="0"
KEYWORDS="amd64"
IUSE="doc"
DEPEND="dev-demo/slots[plus,-chain-a]
	!<dev-demo/arrows-1"
RDEPEND=""

src_prepare() {
	sed -i -e s/a/b/ Makefile || die
}

src_configure() {
	econf $(use_with doc)
}
