# @ECLASS: demo-b.eclass
# @SUPPORTED_EAPIS: 0 1 2 3 4 5 6 7 8
# @BLURB: sets variables before and after it inherits

IUSE="chain-b"
DEPEND="dev-demo/from-b"

inherit demo-c

RDEPEND="dev-demo/run-b"
IUSE+=" chain-b-late"

# @FUNCTION: demo-b_join
# @USAGE: <separator> <word>…
# @DESCRIPTION:
# Joins words.
demo-b_join() {
	local IFS=$1
	shift
	DEMO_JOINED="$*"
}

demo-b_src_compile() {
	demo-c_src_compile
}

EXPORT_FUNCTIONS src_compile
