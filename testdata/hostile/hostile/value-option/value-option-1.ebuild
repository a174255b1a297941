EAPI=8
DESCRIPTION="a value that looks like an option"
SLOT=0
IUSE=-n
