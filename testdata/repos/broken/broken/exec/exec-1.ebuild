EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
exec /bin/true
