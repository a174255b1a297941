EAPI=8
DESCRIPTION="replaces its shell"
SLOT=0
exec /bin/true
