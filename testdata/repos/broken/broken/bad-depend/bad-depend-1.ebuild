EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
DEPEND="dev-demo/good || ( dev-demo/a"
