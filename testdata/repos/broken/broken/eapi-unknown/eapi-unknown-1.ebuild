EAPI=banana
DESCRIPTION="Broken on purpose"
SLOT="0"
