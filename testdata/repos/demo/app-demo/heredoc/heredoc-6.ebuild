EAPI=6

inherit demo-c

read -r -d '' HEREDOC_TEXT <<'END'
A here-document
	with   spaces, $dollar and `backquotes`
END
while read -r HEREDOC_FLAG HEREDOC_ATOM; do
	[[ ${HEREDOC_FLAG} == '#'* ]] && continue
	IUSE+=" ${HEREDOC_FLAG}"
	RDEPEND+=" ${HEREDOC_FLAG}? ( ${HEREDOC_ATOM} )"
done <<-END
	# flag atom
	alsa net-demo/alsa
	pulse >=net-demo/pulse-${PV}
END

DESCRIPTION="EAPI 6: ${HEREDOC_TEXT}"
HOMEPAGE="https://heredoc.example.org/"
LICENSE="BSD"
SLOT="0"
KEYWORDS="~amd64"

src_prepare() {
	default
	cat > file <<-END
		}
		src_test() {
	END
}
