EAPI=8
DESCRIPTION="is different each time"
SLOT=0
IUSE=r${RANDOM}
