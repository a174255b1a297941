EAPI=8

DESCRIPTION="Does nothing in any phase"
SLOT="0"
S=${WORKDIR}
