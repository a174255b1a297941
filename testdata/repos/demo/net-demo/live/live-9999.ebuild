EAPI=8

inherit demo-shadowed

if [[ ${PV} == 9999 ]]; then
	PROPERTIES="live"
else
	SRC_URI="https://live.example.org/${P}.tar.xz"
	KEYWORDS="~amd64"
fi

DESCRIPTION+="; a caf\u00e9 is not decoded, a café stays"
HOMEPAGE="https://live.example.org/"
LICENSE="MIT"
SLOT="0"
