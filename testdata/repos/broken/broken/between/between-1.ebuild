EAPI=8

inherit demo-a demo-restrict

DESCRIPTION="A good ebuild among the broken: ${PN}"
SLOT="0"
DEPEND="dev-demo/own-between"
