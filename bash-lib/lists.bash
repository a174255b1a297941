# Membership in lists: has and its older kin.
# shellcheck shell=bash

# @FUNCTION: has
# @USAGE: <word> [<list item>…]
# @RETURN: 0 when the word is one of the items, 1 otherwise
# @DESCRIPTION:
# Prints nothing. The items are joined with BEL and matched as one pattern, several times faster than a loop;
# where a BEL occurs in the arguments the loop decides.
has() {
	local IFS='' word=${1-} item
	shift
	if [[ ${word}$* == *$'\a'* ]]; then
		for item; do
			[[ ${item} == "${word}" ]] && return 0
		done
		return 1
	fi
	IFS=$'\a'
	(( $# )) && [[ $'\a'"$*"$'\a' == *$'\a'"${word}"$'\a'* ]]
}

# @FUNCTION: hasv
# @USAGE: <word> [<list item>…]
# @RETURN: as has
# @DESCRIPTION:
# As has, and prints the word when it was found. Banned from EAPI 8 on.
hasv() {
	__ebd_check_ban hasv
	if has "$@"; then
		builtin printf '%s\n' "$1"
		return 0
	fi
	return 1
}

# @FUNCTION: hasq
# @USAGE: <word> [<list item>…]
# @RETURN: as has
# @DESCRIPTION:
# Another name of has. Banned from EAPI 8 on.
hasq() {
	__ebd_check_ban hasq
	has "$@"
}
