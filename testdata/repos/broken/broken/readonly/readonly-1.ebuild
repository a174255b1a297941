EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
readonly DEPEND="dev-demo/fixed"
