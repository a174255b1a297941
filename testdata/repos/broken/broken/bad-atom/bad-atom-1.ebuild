EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
RDEPEND="dev-demo/good >=dev-demo/other"
