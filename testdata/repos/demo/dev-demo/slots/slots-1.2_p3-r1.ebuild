# Slot dependencies and IUSE defaults came with EAPI 1.

EAPI=1

inherit demo-a

DESCRIPTION="EAPI 1 with a chain of eclasses, revision ${PR}"
HOMEPAGE="https://slots.example.org/"
SRC_URI="mirror://demo/${PN}-${PV/_p/-}.tgz"
LICENSE="|| ( GPL-2 BSD )"
SLOT="1"
KEYWORDS="~amd64"
IUSE="+plus"
DEPEND=">=dev-demo/oldest-0:0"
