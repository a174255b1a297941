EAPI=8

inherit demo-vers

DESCRIPTION="EAPI 8: revision ${PVR} of ${CATEGORY}/${PN}"
demo-vers_uri releases.example.org
LICENSE="GPL-3+"
KEYWORDS=""
IUSE="+ipv6 -debug"

IUSE=${IUSE/-debug/debug}
