EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
[[ ${PV} == 9999 ]] && KEYWORDS=""
