EAPI=8
DESCRIPTION="stops its shell"
SLOT=0
kill -STOP $$
