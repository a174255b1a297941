EAPI=8
set -e
inherit demo-a
DESCRIPTION="set -e before inherit"
SLOT="0"
