EAPI=8
inherit demo-a there-is-no-such
DESCRIPTION="Broken on purpose"
SLOT="0"
