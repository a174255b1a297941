# setup, compile, test and install into DESTDIR, with state in the build folder alone.
set -e
command=$1
shift
case ${command} in
	setup)
		while [[ $1 == -* ]]; do
			case $1 in
				-D*) options+=("${1#-D}"); shift ;;
				*) options+=("${1#--}=$2"); shift 2 ;;
			esac
		done
		mkdir -p "$2"
		printf '%s\n' "${options[@]}" >"$2/options"
		printf '%s' "$1" >"$2/source"
		;;
	compile)
		[[ $1 == -C && $3 == -j && $4 -ge 1 ]]
		read -r source <"$2/source" || true
		word=$(<"${source}/word.in")
		! grep -qx shout=enabled "$2/options" || word=${word^^}
		printf '%s\n' "${word}" >"$2/word"
		;;
	test)
		[[ -s $2/word ]]
		echo "1/1 word OK"
		;;
	install)
		prefix=$(sed -n s/^prefix=//p "$2/options") libdir=$(sed -n s/^libdir=//p "$2/options")
		install -D -m644 "$2/word" "${DESTDIR}${prefix}/${libdir}/mesonlike/word"
		install -D -m644 "$2/options" "${DESTDIR}${prefix}/share/mesonlike/options"
		;;
esac
