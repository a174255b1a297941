EAPI=8
DESCRIPTION="depends on where it stands"
SLOT=0
IUSE=l${LINENO}
