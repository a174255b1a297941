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
