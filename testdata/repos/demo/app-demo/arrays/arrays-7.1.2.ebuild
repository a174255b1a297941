EAPI=7

inherit demo-vers

ARRAYS_FLAGS=( one two "three" )
declare -A ARRAYS_DEPS=(
	[one]=dev-demo/first
	[two]="dev-demo/second:2="
	[three]="dev-demo/third[one]"
)
declare ARRAYS_LICENSE="MIT"

demo-vers_uri dist.example.org

DESCRIPTION="EAPI 7: arrays, associative arrays, ver_* in an eclass"
LICENSE="${ARRAYS_LICENSE}"
KEYWORDS="amd64 ~riscv"
IUSE="${ARRAYS_FLAGS[*]/#/+}"
for flag in "${ARRAYS_FLAGS[@]}"; do
	RDEPEND+="
		${flag}? ( ${ARRAYS_DEPS[${flag}]} )"
done
unset flag
DEPEND="${RDEPEND}"
BDEPEND="sys-demo/tool
	$(printf '%s\n' "dev-demo/helper-"{a,b})"
if ver_test -ge 7.1 && ver_test 7.1.2 -lt 7.1.10; then
	BDEPEND+=" dev-demo/new"
fi

S="${WORKDIR}/${PN}-$(ver_cut 1-2)"
