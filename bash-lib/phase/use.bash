# USE flags.
# shellcheck shell=bash

# @FUNCTION: use
# @USAGE: [!]<flag>
# @RETURN: 0 when the flag is enabled (with `!`: disabled), 1 otherwise
# @DESCRIPTION:
# Dies from EAPI 4 on when the flag is not in IUSE_EFFECTIVE.
use() {
	local flag=${1-} enabled=0
	[[ ${flag#!} ]] || die "use: missing argument"
	__ebd_check_flag "${flag#!}"
	[[ " ${USE} " == *[[:space:]]"${flag#!}"[[:space:]]* ]] && enabled=1
	if [[ ${flag} == !* ]]; then
		(( ! enabled ))
	else
		(( enabled ))
	fi
}

# @FUNCTION: __ebd_check_flag
# @USAGE: <flag>
# @DESCRIPTION:
# Dies when the EAPI makes it an error to ask for a flag outside IUSE_EFFECTIVE and the flag is there.
__ebd_check_flag() {
	__ebd_feature unknown_flag_is_error || return 0
	__ebd_is_effective "$1" || die "USE flag '$1' is not in IUSE of ${CATEGORY}/${PF}"
}

# @FUNCTION: __ebd_is_effective
# @USAGE: <flag>
# @RETURN: 0 when the flag is in IUSE_EFFECTIVE
__ebd_is_effective() {
	[[ " ${__ebd_iuse_effective} " == *[[:space:]]"$1"[[:space:]]* ]]
}

# @FUNCTION: usev
# @USAGE: [!]<flag> [<value>]
# @RETURN: as use
# @DESCRIPTION:
# As use, and prints the flag, or from EAPI 8 on the value, when the condition holds.
usev() {
	local most=1
	__ebd_feature usev_value && most=2
	(( $# <= most )) || die "usev: takes at most ${most} argument(s) in EAPI ${__ebd_eapi}"
	use "${1-}" || return 1
	builtin printf '%s\n' "${2:-${1#!}}"
}

# @FUNCTION: useq
# @USAGE: [!]<flag>
# @RETURN: as use
# @DESCRIPTION:
# Another name of use. Banned from EAPI 8 on.
useq() {
	__ebd_check_ban useq
	use "$@"
}

# @FUNCTION: __ebd_use_option
# @USAGE: <command> <word when on> <word when off> <argument>…
# @DESCRIPTION:
# Prints the option of use_with and use_enable.
__ebd_use_option() {
	local command=$1 on=$2 off=$3 value=
	shift 3
	[[ ${1-} ]] || die "${command}: missing argument"
	if __ebd_feature use_with_empty_value; then
		value=${3+=$3}
	else
		value=${3:+=$3}
	fi
	if use "$1"; then
		builtin printf '%s\n' "--${on}-${2:-${1#!}}${value}"
	else
		builtin printf '%s\n' "--${off}-${2:-${1#!}}"
	fi
	return 0
}

# @FUNCTION: use_with
# @USAGE: [!]<flag> [<option> [<value>]]
# @DESCRIPTION:
# Prints `--with-option[=value]` or `--without-option`.
use_with() {
	__ebd_use_option use_with with without "$@"
}

# @FUNCTION: use_enable
# @USAGE: [!]<flag> [<option> [<value>]]
# @DESCRIPTION:
# Prints `--enable-option[=value]` or `--disable-option`.
use_enable() {
	__ebd_use_option use_enable enable disable "$@"
}

# @FUNCTION: usex
# @USAGE: [!]<flag> [<true> [<false> [<true suffix> [<false suffix>]]]]
# @DESCRIPTION:
# Prints one of two texts. EAPI 5 and later.
usex() {
	if use "${1-}"; then
		builtin printf '%s\n' "${2-yes}${4-}"
	else
		builtin printf '%s\n' "${3-no}${5-}"
	fi
	return 0
}

# @FUNCTION: in_iuse
# @USAGE: <flag>
# @RETURN: 0 when the flag is in IUSE_EFFECTIVE, 1 otherwise
# @DESCRIPTION:
# EAPI 6 and later.
in_iuse() {
	[[ ${1-} ]] || die "in_iuse: missing argument"
	__ebd_is_effective "$1"
}
