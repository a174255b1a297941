EAPI=5

inherit demo-restrict

DESCRIPTION='EAPI 5: slot operators, ^^ and ??, "quotes" and $signs'
HOMEPAGE="https://operators.example.org/"
SRC_URI="https://operators.example.org/${PV//_/-}/${PN}.tar.lz"
LICENSE="ISC"
SLOT="5/5.1"
KEYWORDS="amd64 ~arm64"
IUSE="a b c"
REQUIRED_USE="^^ ( a b ) ?? ( b c )"
DEPEND="sys-demo/required:=
	sys-demo/lib:0=
	a? ( || ( sys-demo/x:* sys-demo/y ) )"
RDEPEND="${DEPEND}"
RESTRICT="strip test"

src_test() {
	:
}
