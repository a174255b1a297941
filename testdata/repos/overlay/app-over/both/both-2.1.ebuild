EAPI=8

inherit over-own demo-vers

DESCRIPTION="Inherits from the overlay and from its master"
demo-vers_uri both.example.org
LICENSE="MIT"
KEYWORDS="~amd64"
