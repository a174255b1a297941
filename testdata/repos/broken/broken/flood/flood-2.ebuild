EAPI=8

inherit demo-b

DESCRIPTION="A good version of a broken package: ${P}"
SLOT="0"
IUSE="$(printf '%s' good)-flood"
