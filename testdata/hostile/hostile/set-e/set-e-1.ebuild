EAPI=8
DESCRIPTION="set -e"
SLOT=0
set -e
false
