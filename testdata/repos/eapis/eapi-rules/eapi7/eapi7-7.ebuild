EAPI=7
inherit second
DESCRIPTION="RESTRICT and PROPERTIES of eclasses are lost, BASH_COMPAT ${BASH_COMPAT}"
SLOT="7"
RESTRICT=""
PROPERTIES="interactive"
BDEPEND="own/bdepend"
IUSE="first-early"
AMP=abc
LICENSE="GPL-${AMP/b/+}"
[[ $(ver_cut 1 1.2.3) == 1 ]] && IUSE+=" cut"
