EAPI=8

inherit demo-shadowed

HOMEPAGE="https://shadow.example.org/"
LICENSE="MIT"
SLOT="0"
