EAPI=8
DESCRIPTION="kills its shell"
SLOT=0
kill -9 $$
