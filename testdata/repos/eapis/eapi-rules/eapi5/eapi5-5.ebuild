EAPI=5
inherit second
NOMATCH=( /nonexistent/* )
DESCRIPTION="A glob that matches nothing stays: ${NOMATCH[0]}"
SLOT="5/sub"
RESTRICT=""
REQUIRED_USE="?? ( second first-early )"
IUSE="first-early"
DEPEND="own/depend:="
src_compile() { second_src_compile; }
