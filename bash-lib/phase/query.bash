# Questions about installed packages and folders.
# shellcheck shell=bash

# @FUNCTION: __ebd_query
# @USAGE: <command> [<root option>] <atom>
# @RETURN: 0 or 1 as the answer is
# @DESCRIPTION:
# Asks the host; the answer of best_version is printed.
__ebd_query() {
	local command=$1 option='' status output='' error=''
	shift
	case ${1-} in
		-*)
			option=$1
			shift
			;;
	esac
	(( $# == 1 )) || die "${command}: exactly one atom is needed, got $#: $*"
	case ${option} in
		'') option=r ;;
		--host-root)
			__ebd_feature query_host_root || die "${command}: ${option} does not exist in EAPI ${__ebd_eapi}"
			option=b
			;;
		-b | -d | -r)
			__ebd_feature query_roots || die "${command}: ${option} does not exist in EAPI ${__ebd_eapi}"
			option=${option#-}
			;;
		*) die "${command}: unknown option ${option}" ;;
	esac
	if ! __ebd_ask "${command}" "${option} $1"; then
		output=
		command "${command}" "-${option}" "$1"
		status=$?
	fi
	builtin printf %s "${output}"
	case ${status} in
		0 | 1) return "${status}" ;;
		2) die "${command}: invalid atom: $1" ;;
		*) die "${command}: the host gave no answer (status ${status}${error:+: ${error}})" ;;
	esac
}

# @FUNCTION: has_version
# @USAGE: [-b|-d|-r|--host-root] <atom>
# @RETURN: 0 when a package that matches is installed, 1 otherwise
has_version() {
	__ebd_query has_version "$@"
}

# @FUNCTION: best_version
# @USAGE: [-b|-d|-r|--host-root] <atom>
# @DESCRIPTION:
# Prints category/package-version of the best installed match, or an empty line.
best_version() {
	__ebd_query best_version "$@"
}

# @FUNCTION: portageq
# @DESCRIPTION:
# Not for ebuilds.
portageq() {
	die "portageq: not allowed in ebuilds"
}

# @FUNCTION: get_libdir
# @DESCRIPTION:
# Prints the name of the library folder of the ABI. EAPI 6 and later; earlier ones have it from an eclass.
get_libdir() {
	local name=LIBDIR_${ABI-}
	if [[ ${ABI-} && -v ${name} ]]; then
		builtin printf '%s\n' "${!name}"
	else
		builtin printf 'lib\n'
	fi
}
