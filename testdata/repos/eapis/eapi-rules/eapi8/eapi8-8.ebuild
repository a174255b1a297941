EAPI=8
RESTRICT="strip"
inherit second first
DESCRIPTION="RESTRICT and PROPERTIES accumulate, BASH_COMPAT ${BASH_COMPAT}"
SLOT="8"
PROPERTIES="interactive"
IDEPEND="own/idepend"
IUSE="own"
AMP=abc
DESCRIPTION+=" ${AMP/b/&}"
src_compile() { :; }
