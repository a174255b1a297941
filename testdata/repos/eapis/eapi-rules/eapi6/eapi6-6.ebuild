EAPI=6
inherit second
DESCRIPTION="failglob, BASH_COMPAT ${BASH_COMPAT}"
SLOT="6"
RESTRICT="mirror"
BDEPEND="not/inthis"
BDEPEND=""
IUSE="first-early"
shopt -q failglob && IUSE+=" failglob"
