EAPI=8
DESCRIPTION="newlines in a value"
SLOT=0
IUSE=$'a\nb\n\nc'
