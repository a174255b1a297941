EAPI=8

DESCRIPTION="Has nothing to say"
SLOT="0"

# The eclass looks at it.
inherit greeting
