EAPI=8
DESCRIPTION="never ends"
SLOT=0
while :; do :; done
