EAPI=7

inherit demo-a demo-restrict

# Options that are changed and put back, as ebuilds may.
shopt -s extglob nullglob
shopt -u failglob
OPTIONS_PV=${PV%%+([0-9])}
OPTIONS_FILES=( /nonexistent/*.patch )
shopt -u extglob nullglob
shopt -s failglob
OPTIONS_IFS=${IFS}
IFS=:
set -- one:two three
OPTIONS_PARTS="$1+$2"
IFS=${OPTIONS_IFS}
unset OPTIONS_IFS
set -f
OPTIONS_STAR=( * )
set +f

DESCRIPTION="EAPI 7: ${OPTIONS_PV} ${#OPTIONS_FILES[@]} ${OPTIONS_PARTS} ${OPTIONS_STAR[0]}"
HOMEPAGE="https://options.example.org/"
SRC_URI="!doc? ( https://options.example.org/${P}.tar.gz )"
LICENSE="MIT"
SLOT="0"
KEYWORDS="~amd64"
RESTRICT="doc? ( bindist )"
REQUIRED_USE="chain? ( doc )"
RDEPEND="dev-demo/own"
DEPEND="${RDEPEND}"
demo-b_join + x y z
IUSE="joined-${DEMO_JOINED//+/-}"
