# The environment that is kept from phase to phase.
# shellcheck shell=bash

# @FUNCTION: __ebd_remember_library
# @DESCRIPTION:
# Notes the functions of the library, which are not saved.
__ebd_remember_library() {
	local name
	local -a words
	declare -F >"${TMPDIR}/.ebd-functions"
	while read -r _ _ name; do
		words+=("${name}")
	done <"${TMPDIR}/.ebd-functions"
	__ebd_library=" ${words[*]} "
}

# @FUNCTION: __ebd_finish_sourcing
# @DESCRIPTION:
# Does what follows the sourcing of the ebuild: joins accumulated variables and lists the phases that are defined.
__ebd_finish_sourcing() {
	local phases
	[[ ${EAPI:-0} == "${__ebd_eapi}" ]] || die "EAPI is ${EAPI:-0} after sourcing and ${__ebd_eapi} in the text"
	EAPI=${__ebd_eapi}
	__ebd_join_accumulated
	__ebd_defined_phases
	DEFINED_PHASES=${phases}
	unset ECLASS ECLASS_DEPTH
}

# @FUNCTION: __ebd_is_kept
# @USAGE: <variable>
# @RETURN: 0 when the variable belongs to the ebuild
# @DESCRIPTION:
# Variables of bash, of the package manager and of this library are not the ebuild's.
__ebd_is_kept() {
	case $1 in
		__ebd_* | __EBD_* | BASH* | COMP_* | COMPREPLY | COPROC* | DIRSTACK | EPOCH* | EUID | UID | PPID | GROUPS | RANDOM | SRANDOM | SECONDS) return 1 ;;
		SHELLOPTS | SHLVL | FUNCNAME | FUNCNEST | HIST* | HOSTNAME | HOSTTYPE | IFS | LINENO | LINES | COLUMNS | MACHTYPE | MAPFILE | OLDPWD) return 1 ;;
		OPTARG | OPTERR | OPTIND | OSTYPE | PIPESTATUS | POSIXLY_CORRECT | PROMPT_* | PS[0-4] | PWD | READLINE_* | REPLY | TIMEFORMAT | TMOUT | _) return 1 ;;
		CDPATH | GLOBIGNORE | GLOBSORT | EXECIGNORE | ENV | TMPDIR | HOME | PATH) return 1 ;;
		SANDBOX_ACTIVE | SANDBOX_ON | PORTAGE_* | EBUILD | EBUILD_PHASE | EBUILD_PHASE_FUNC | EMERGE_FROM) return 1 ;;
	esac
	[[ ${__ebd_special_names} != *" $1 "* ]]
}

# @FUNCTION: __ebd_save_environment
# @DESCRIPTION:
# Writes the ebuild's variables and functions to the file that the host named, as bash prints them.
__ebd_save_environment() {
	[[ ${__ebd_dump} ]] || return 0
	local __ebd_name
	local -a __ebd_names __ebd_variables=() __ebd_functions=()
	__ebd_enter_shell
	compgen -v >"${__ebd_dump}"
	mapfile -t __ebd_names <"${__ebd_dump}"
	for __ebd_name in "${__ebd_names[@]}"; do
		__ebd_is_kept "${__ebd_name}" && __ebd_variables+=("${__ebd_name}")
	done
	compgen -A function >"${__ebd_dump}"
	mapfile -t __ebd_names <"${__ebd_dump}"
	for __ebd_name in "${__ebd_names[@]}"; do
		[[ ${__ebd_library} == *" ${__ebd_name} "* || ${__ebd_name} == @(__ebd_*|default|default_*) ]] ||
			[[ ${__ebd_name} == "${__ebd_added-}" ]] || __ebd_functions+=("${__ebd_name}")
	done
	{
		declare -p "${__ebd_variables[@]}"
		(( ${#__ebd_functions[@]} )) && declare -fp "${__ebd_functions[@]}"
		true
	} >"${__ebd_dump}" || die "the environment cannot be saved to ${__ebd_dump}"
}
