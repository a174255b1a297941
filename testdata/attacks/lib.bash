# What attacks have in common; see README.md.
# shellcheck shell=bash

# The attack succeeded: what is in the world.
succeeded() {
	printf '%s\n' "$*"
	exit 10
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
	# shellcheck disable=SC2034 # for the entry
	BUILD=${WORLD}/builds/portage/cat/evil-1
}

# ebd run of cat/evil-1 with words. What ebd said is in WORLD/said and WORLD/said.err; the status is in STATUS, 137 when it had to be killed.
# shellcheck disable=SC2034 # STATUS is for the entry
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

# A machine below WORLD: the repository REPO of the entry with a profile, a ROOT with the accounts of a small system, and the environment
# in which ebd finds both.
machine() {
	local repo=${ENTRY}/$1
	export PORTAGE_CONFIGROOT=${WORLD} PORTAGE_TMPDIR=${WORLD}/tmp DISTDIR=${WORLD}/distfiles PKGDIR=${WORLD}/packages ROOT=${WORLD}/root
	mkdir -p "${WORLD}/etc/portage" "${WORLD}/distfiles" "${ROOT}/etc" "${ROOT}/var/db" "${WORLD}/seen"
	chmod 1777 "${WORLD}/seen"
	mkdir -p "${repo}/profiles" "${repo}/metadata"
	[[ -e ${repo}/profiles/repo_name ]] || echo attacks >"${repo}/profiles/repo_name"
	[[ -e ${repo}/metadata/layout.conf ]] || printf 'masters =\nthin-manifests = true\n' >"${repo}/metadata/layout.conf"
	printf '%s\n' 'ARCH="amd64"' 'CHOST="x86_64-pc-linux-gnu"' 'ABI="amd64"' 'LIBDIR_amd64="lib64"' 'USE_EXPAND=""' \
		'USE_EXPAND_IMPLICIT=""' 'IUSE_IMPLICIT=""' >"${repo}/profiles/make.defaults"
	ln -s "${repo}/profiles" "${WORLD}/etc/portage/make.profile"
	printf '[DEFAULT]\nmain-repo = attacks\n[attacks]\nlocation = %s\n' "${repo}" >"${WORLD}/etc/portage/repos.conf"
	printf 'FEATURES="userpriv usersandbox sandbox"\nWITNESS="%s"\n' "${WORLD}/seen" >"${WORLD}/etc/portage/make.conf"
	printf '%s\n' root:x:0: disk:x:6: shadow:x:42: wheel:x:10: sudo:x:27: docker:x:112: audio:x:18: portage:x:250: messagebus:x:101: \
		nogroup:x:65534: >"${ROOT}/etc/group"
	printf '%s\n' root:x:0:0:root:/root:/bin/sh portage:x:250:250:portage:/var/tmp/portage:/sbin/nologin \
		messagebus:x:101:101:D-Bus:/run/dbus:/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin >"${ROOT}/etc/passwd"
	touch "${ROOT}/etc/shadow" "${ROOT}/etc/gshadow"
}

# Waits until a file is there, for so many seconds.
await() {
	local i
	for (( i = 0; i < $2 * 20; i++ )); do
		[[ -e $1 ]] && return 0
		sleep 0.05
	done
	return 1
}
