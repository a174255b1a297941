# Version commands of EAPI 7: ver_cut, ver_rs, ver_test; and ver_replacing of EAPI 9.
# shellcheck shell=bash

# @FUNCTION: __ebd_ver_split
# @USAGE: <version>
# @DESCRIPTION:
# Sets `parts` of the caller to separator, component, separator, component, … of the version. A component is a
# run of digits or a run of letters; the first separator is empty unless the version begins with one.
__ebd_ver_split() {
	local rest=$1 LC_ALL=C separator component
	parts=()
	while [[ ${rest} ]]; do
		separator=${rest%%[a-zA-Z0-9]*}
		rest=${rest:${#separator}}
		if [[ ${rest} == [0-9]* ]]; then
			component=${rest%%[^0-9]*}
		else
			component=${rest%%[^a-zA-Z]*}
		fi
		rest=${rest:${#component}}
		parts+=("${separator}" "${component}")
	done
}

# @FUNCTION: __ebd_ver_range
# @USAGE: <command> <range> <maximum>
# @DESCRIPTION:
# Sets `first` and `last` of the caller from a range `N`, `N-` or `N-M`; dies when it is not one.
__ebd_ver_range() {
	local range=$2
	[[ ${range} == [0-9]* ]] || die "$1: range must start with a number: ${range}"
	first=${range%-*} last=${first}
	[[ ${range} == *-* ]] && last=${range#*-}
	if [[ ${last} ]]; then
		(( first <= last )) || die "$1: end of range must not be before its start: ${range}"
		(( last <= $3 )) || last=$3
	else
		last=$3
	fi
}

# @FUNCTION: ver_cut
# @USAGE: <range> [<version>]
# @DESCRIPTION:
# Prints the components of the range with the separators between them. The version defaults to PV.
ver_cut() {
	local version=${2:-${PV}} first last IFS=''
	local -a parts
	__ebd_ver_split "${version}"
	__ebd_ver_range ver_cut "$1" $(( ${#parts[@]} / 2 ))
	(( first > 0 )) && first=$(( first * 2 - 1 ))
	builtin echo "${parts[*]:first:last*2-first}"
}

# @FUNCTION: ver_rs
# @USAGE: <range> <replacement> [<range> <replacement>]… [<version>]
# @DESCRIPTION:
# Prints the version with the separators of the ranges replaced. The version defaults to PV.
ver_rs() {
	local version=${PV} first last i maximum IFS=''
	local -a parts
	(( $# & 1 )) && version=${*: -1}
	__ebd_ver_split "${version}"
	maximum=$(( ${#parts[@]} / 2 - 1 ))
	while (( $# >= 2 )); do
		__ebd_ver_range ver_rs "$1" "${maximum}"
		for (( i = first * 2; i <= last * 2; i += 2 )); do
			(( i == 0 )) && [[ ! ${parts[i]} ]] && continue
			parts[i]=$2
		done
		shift 2
	done
	builtin echo "${parts[*]}"
}

# @FUNCTION: __ebd_ver_compare_number
# @USAGE: <digits> <digits>
# @DESCRIPTION:
# Sets `order` of the caller to -1, 0 or 1. Numbers of up to 18 digits are compared as integers, longer ones as
# text of equal length.
__ebd_ver_compare_number() {
	local a=${1:-0} b=${2:-0}
	if (( ${#a} <= 18 && ${#b} <= 18 )); then
		a=$(( 10#${a} )) b=$(( 10#${b} ))
		order=$(( a < b ? -1 : a > b ))
		return
	fi
	while [[ ${a} == 0?* ]]; do a=${a#0}; done
	while [[ ${b} == 0?* ]]; do b=${b#0}; done
	if (( ${#a} != ${#b} )); then
		order=$(( ${#a} < ${#b} ? -1 : 1 ))
	elif [[ ${a} == "${b}" ]]; then
		order=0
	elif [[ ${a} < ${b} ]]; then
		order=-1
	else
		order=1
	fi
}

# @FUNCTION: __ebd_ver_compare_text
# @USAGE: <text> <text>
# @DESCRIPTION:
# Sets `order` of the caller to -1, 0 or 1 by ASCII order.
__ebd_ver_compare_text() {
	if [[ $1 == "$2" ]]; then
		order=0
	elif [[ $1 < $2 ]]; then
		order=-1
	else
		order=1
	fi
}

# @FUNCTION: __ebd_ver_compare_suffixes
# @USAGE: <suffixes> <suffixes>
# @DESCRIPTION:
# Sets `order` of the caller for two suffix parts such as `_rc1_p2`, by PMS algorithms 3.5 and 3.6.
__ebd_ver_compare_suffixes() {
	local a=${1#_} b=${2#_} x y
	local -A rank=([alpha]=0 [beta]=1 [pre]=2 [rc]=3 [p]=4)
	while [[ ${a} && ${b} ]]; do
		x=${a%%_*} y=${b%%_*}
		a=${a:${#x}} a=${a#_} b=${b:${#y}} b=${b#_}
		if [[ ${x%%[0-9]*} == "${y%%[0-9]*}" ]]; then
			__ebd_ver_compare_number "${x##*[a-z]}" "${y##*[a-z]}"
		else
			order=$(( ${rank[${x%%[0-9]*}]} < ${rank[${y%%[0-9]*}]} ? -1 : 1 ))
		fi
		(( order == 0 )) || return 0
	done
	if [[ ${a} ]]; then
		[[ ${a} == p@([0-9]*|_*|'') ]] && order=1 || order=-1
	elif [[ ${b} ]]; then
		[[ ${b} == p@([0-9]*|_*|'') ]] && order=-1 || order=1
	fi
}

# @FUNCTION: __ebd_ver_compare_dotted
# @USAGE: <numbers> <numbers>
# @DESCRIPTION:
# Sets `order` of the caller to -1, 0 or 1 for two number parts such as `1.02.3`, by PMS algorithms 3.2 and 3.3.
__ebd_ver_compare_dotted() {
	local LC_ALL=C a=$1 b=$2 x y
	__ebd_ver_compare_number "${a%%.*}" "${b%%.*}"
	while (( order == 0 )); do
		if [[ ${a} != *.* || ${b} != *.* ]]; then
			[[ ${a} == *.* ]] && order=1
			[[ ${b} == *.* ]] && order=-1
			return 0
		fi
		a=${a#*.} b=${b#*.}
		x=${a%%.*} y=${b%%.*}
		if [[ ${x} == 0* || ${y} == 0* ]]; then
			__ebd_ver_compare_text "${x%"${x##*[1-9]}"}" "${y%"${y##*[1-9]}"}"
		else
			__ebd_ver_compare_number "${x}" "${y}"
		fi
	done
}

# @FUNCTION: __ebd_ver_compare_tail
# @USAGE: <tail> <tail>
# @DESCRIPTION:
# Sets `order` of the caller to -1, 0 or 1 for what follows the number parts: letter, suffixes and revision.
__ebd_ver_compare_tail() {
	local LC_ALL=C a=$1 b=$2 x y
	x=${a%%[_-]*} y=${b%%[_-]*}
	if [[ ${x} != "${y}" ]]; then
		__ebd_ver_compare_text "${x}" "${y}"
		return 0
	fi
	a=${a:${#x}} b=${b:${#y}}
	x=${a%%-*} y=${b%%-*}
	if [[ ${x} != "${y}" ]]; then
		__ebd_ver_compare_suffixes "${x}" "${y}"
		(( order == 0 )) || return 0
	fi
	a=${a:${#x}} b=${b:${#y}}
	__ebd_ver_compare_number "${a#-r}" "${b#-r}"
}

# @FUNCTION: __ebd_ver_check
# @USAGE: <version>
# @DESCRIPTION:
# Dies when the argument is not a version.
__ebd_ver_check() {
	[[ $1 =~ ^[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|p)[0-9]*)*(-r[0-9]+)?$ ]] || die "ver_test: invalid version: $1"
}

# @FUNCTION: __ebd_ver_compare
# @USAGE: <version> <operator> <version>
# @DESCRIPTION:
# Sets `order` of the caller to -1, 0 or 1 (PMS algorithm 3.1); dies when an argument is not what it should be.
__ebd_ver_compare() {
	local a=${1%%[!0-9.]*} b
	(( $# == 3 )) || die "ver_test: bad number of arguments"
	[[ $2 == -@(eq|ne|lt|le|gt|ge) ]] || die "ver_test: invalid operator: $2"
	b=${3%%[!0-9.]*}
	__ebd_ver_check "$1"
	__ebd_ver_check "$3"
	order=0
	[[ ${a} == "${b}" ]] || __ebd_ver_compare_dotted "${a}" "${b}"
	(( order )) || __ebd_ver_compare_tail "${1:${#a}}" "${3:${#b}}"
}

# @FUNCTION: ver_test
# @USAGE: [<version>] <operator> <version>
# @RETURN: 0 when the relation holds, 1 when not
# @DESCRIPTION:
# Compares two versions with -eq -ne -lt -le -gt -ge. The left side defaults to PVR. Most versions are a few numbers
# and dots, and are compared here; the rest is done by functions of its own.
ver_test() {
	(( $# == 2 )) && set -- "${PVR}" "$@"
	local order=0 a=.$1 b=.${3-}
	if [[ $# -ne 3 || $2 != -@(eq|ne|lt|le|gt|ge) || ${a}${b} == *[!0-9.]* || ${a}./${b}. == *..* || ${a}${b} == *.0[0-9]* ||
		${#a} -gt 18 || ${#b} -gt 18 ]]; then
		__ebd_ver_compare "$@"
	elif [[ ${a} != "${b}" ]]; then
		# With -1 at the end a version comes before every other one that goes on where it ends.
		a+=.-1 b+=.-1
		while (( order == 0 )); do
			a=${a#*.} b=${b#*.}
			(( order = (${a%%.*} > ${b%%.*}) - (${a%%.*} < ${b%%.*}) ))
		done
	fi
	builtin [ "${order}" "$2" 0 ]
}

# @FUNCTION: ver_replacing
# @USAGE: <operator> <version>
# @DESCRIPTION:
# Tests the versions being replaced. There are none while metadata is generated, so this dies in global scope.
ver_replacing() {
	die "ver_replacing: meaningless in global scope"
}
