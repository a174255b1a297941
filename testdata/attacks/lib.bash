# What attacks have in common; see README.md.
# shellcheck shell=bash

# The attack succeeded: what is in the world.
succeeded() {
	printf '%s\n' "$*"
	exit 1
}

# It cannot be made here.
impossible() {
	printf '%s\n' "$*"
	exit 77
}

# The entry itself does not work.
broken() {
	printf '%s\n' "$*"
	exit 2
}

# ebd regen of the repository REPO of the entry with one worker, in bash; entries are in WORLD/out. What ebd said is in WORLD/said.
regen() {
	local repo=$1
	shift
	"${EBD}" regen --repo "${ENTRY}/${repo}" --output "${WORLD}/out" --engine bash --jobs 1 --tolerant --isolation "${ISOLATION}" \
		${EBD_USER:+--user "${EBD_USER}"} "$@" >"${WORLD}/said" 2>&1 || true
}

# The value of a key in an entry that regen made; nothing if there is none.
value() {
	[[ -f ${WORLD}/out/$1 ]] && sed -n "s/^$2=//p" "${WORLD}/out/$1"
	return 0
}

# Makes a repository with cat/evil-1, whose phases come from standard input, and a configuration with the lines CONF, in WORLD. BUILD is its
# build directory.
workshop() {
	mkdir -p repo/profiles repo/metadata repo/cat/evil etc/portage distfiles
	printf 'attack\n' >repo/profiles/repo_name
	printf 'cat\n' >repo/profiles/categories
	printf 'ARCH="amd64"\nCHOST="x86_64-pc-linux-gnu"\n' >repo/profiles/make.defaults
	printf 'masters =\nthin-manifests = true\n' >repo/metadata/layout.conf
	ln -s "${WORLD}/repo/profiles" etc/portage/make.profile
	printf '%s\n' "$@" >etc/portage/make.conf
	{
		# shellcheck disable=SC2016 # for the ebuild
		printf 'EAPI=8\nDESCRIPTION="An attack"\nSLOT=0\nS=${WORKDIR}\n'
		cat
	} >repo/cat/evil/evil-1.ebuild
	BUILD=${WORLD}/builds/portage/cat/evil-1
}

# ebd run of cat/evil-1 with words. What ebd said is in WORLD/said and WORLD/said.err; the status is in STATUS, 137 when it had to be killed.
build() {
	STATUS=0
	timeout -s KILL 60 "${EBD}" run "${WORLD}/repo/cat/evil/evil-1.ebuild" --config-root "${WORLD}" --tmpdir "${WORLD}/builds" \
		--distdir "${WORLD}/distfiles" --isolation "${ISOLATION}" ${EBD_USER:+--user "${EBD_USER}"} "$@" \
		>"${WORLD}/said" 2>"${WORLD}/said.err" </dev/null || STATUS=$?
}

# What ebd said in the last build.
said() {
	cat "${WORLD}/said" "${WORLD}/said.err"
}
