EAPI=9
inherit second first
DESCRIPTION="EAPI 9, BASH_COMPAT ${BASH_COMPAT}"
SLOT="9"
RESTRICT="strip"
IDEPEND="own/idepend"
IUSE="own"
AMP=abc
DESCRIPTION+=" ${AMP/b/&}"
DESCRIPTION+=" $(declare -p PV)"
DESCRIPTION=${DESCRIPTION//\"/}
