EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
printf() { :; }
local() { :; }
unset() { exit 0; }
