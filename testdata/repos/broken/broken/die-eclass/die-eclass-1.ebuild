EAPI=8
inherit demo-a dies
DESCRIPTION="Broken on purpose"
SLOT="0"
