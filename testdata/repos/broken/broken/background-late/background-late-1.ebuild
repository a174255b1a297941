EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
coproc sleeper { read -r -t 5 -u 103; IUSE="late"; }
