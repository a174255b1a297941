EAPI=8
DESCRIPTION="set -x"
SLOT=0
set -x
