EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
einfo "about to die"
die $'a message\nof two lines'
IUSE="unreached"
