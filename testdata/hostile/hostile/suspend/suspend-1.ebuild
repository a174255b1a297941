EAPI=8
DESCRIPTION="suspends its shell"
SLOT=0
suspend -f
