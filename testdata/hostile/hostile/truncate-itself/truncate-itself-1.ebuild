EAPI=8
DESCRIPTION="empties its own file"
SLOT=0
> "${EBUILD}"
