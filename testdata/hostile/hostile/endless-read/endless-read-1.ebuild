EAPI=8
DESCRIPTION="reads from a device without end"
SLOT=0
mapfile A </dev/zero
