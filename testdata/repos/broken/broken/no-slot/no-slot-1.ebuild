EAPI=8
DESCRIPTION="Broken on purpose"
