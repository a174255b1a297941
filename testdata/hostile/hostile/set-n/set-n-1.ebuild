EAPI=8
DESCRIPTION="set -n"
SLOT=0
set -n
