# Checks that there is something to say.
greeting_check() {
	[[ -n ${GREETING} ]] || die "set GREETING before inheriting greeting.eclass"
}
HOMEPAGE="https://example.org/"
DEPEND="app-misc/words"
greeting_check
