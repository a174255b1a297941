EAPI=7

inherit over-own demo-shadowed demo-c

DESCRIPTION+=", in a category that only the master lists"
HOMEPAGE="https://live.example.org/"
LICENSE="MIT"
SLOT="0/${PV}"
