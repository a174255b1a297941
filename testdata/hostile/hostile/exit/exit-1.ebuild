EAPI=8
DESCRIPTION="ends its shell"
SLOT=0
exit 0
