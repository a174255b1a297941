EAPI=8
DESCRIPTION="a dependency without its end"
SLOT=0
DEPEND="( a/b"
