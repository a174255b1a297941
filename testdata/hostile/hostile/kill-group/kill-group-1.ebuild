EAPI=8
DESCRIPTION="kills its process group"
SLOT=0
kill 0
