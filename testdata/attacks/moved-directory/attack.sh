# PORTAGE_TMPDIR is below a directory that phases may write. A phase renames it and puts in its place one where the build directory is a symlink
# to another directory: the host would write there, and let the next phases write there.
#@ as: user root
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -p outside/temp outside/work outside/build-info
# What the host wants to read after the phase.
printf 'declare -x PLANTED=1\n' >outside/temp/.ebd-environment
touch outside/.setuped outside/.unpacked outside/.prepared outside/.configured
before=$(find outside | sort)
workshop 'FEATURES="sandbox usersandbox userpriv"' <<-END
	src_configure() {
		touch "\${WORKDIR}/ran" || die
		mv "${WORLD}/builds" "${WORLD}/moved" || die
		mkdir -p "${WORLD}/builds/portage/cat" || die
		ln -s "${WORLD}/outside" "${WORLD}/builds/portage/cat/evil-1" || die
	}
	src_compile() { touch "${WORLD}/outside/written"; }
END
build clean compile
[[ -e moved/portage/cat/evil-1/work/ran ]] || impossible "the directory above cannot be renamed here: $(said)"
[[ $(find outside | sort) == "${before}" ]] || succeeded "another directory is taken for that of the build: $(find outside | sort)"
