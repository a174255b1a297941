	# A comment, and blank lines with white space, come before the first line of code.
  	

inherit first
DESCRIPTION="EAPI [${EAPI}] before it is set, no assignment"
SLOT="0"
DEPEND="own/depend"
NOGLOB=( /nonexistent/* )
IUSE="glob-${#NOGLOB[@]}"
pkg_pretend() { :; }
src_prepare() { :; }
src_configure() { :; }
