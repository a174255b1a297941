# Eclasses in global scope: inherit and EXPORT_FUNCTIONS.
# shellcheck shell=bash

# @FUNCTION: __ebd_source
# @USAGE: <file>
# @RETURN: the status of the file's last command
# @DESCRIPTION:
# Sources an eclass, or what preloading left of it, inside a function of its own, so that what the eclass declares
# without -g is local to it, as it is in Portage.
__ebd_source() {
	# shellcheck disable=SC1090 # eclasses are found at run time
	source "${__ebd_residual[$1]-$1}"
}

# @FUNCTION: inherit
# @USAGE: <eclass>…
# @DESCRIPTION:
# Sources eclasses. What an eclass assigns to an accumulated variable is set aside and joined to the ebuild's own
# value after sourcing (PMS 10.2); around each eclass the ebuild's, or outer eclass's, own values are put back,
# set or unset as they were. Phases exported by the eclass are defined when the eclass has ended, as Portage does.
#
# This is the hottest function. bash copies a function's body at each call, so what is seldom needed is in functions
# of its own: mostly no accumulated variable is set when an eclass begins.
inherit() {
	local -x ECLASS
	local __ebd_name __ebd_file __ebd_exports __ebd_aside=
	(( ++ECLASS_DEPTH ))
	for __ebd_name; do
		if [[ ! ${__ebd_done[${__ebd_name:-.}]-} ]]; then
			ECLASS=${__ebd_name##*/} __ebd_exports=
			__ebd_file=${__ebd_eclass[${ECLASS:-.}]-}
			if [[ ! ${__ebd_file} ]]; then
				[[ ${__ebd_name} ]] || break
				__ebd_missing_eclass "${__ebd_name}"
			fi
			__ebd_accumulated_is_set && __ebd_set_aside
			__ebd_source "${__ebd_file}" || die "inherit: the last command of ${ECLASS}.eclass returned $?"
			set +ef
			__ebd_accumulated_is_set && __ebd_accumulate
			[[ ${__ebd_aside}${__ebd_exports} ]] && __ebd_finish_eclass
			[[ " ${INHERITED-} " == *" ${__ebd_name} "* ]] || INHERITED+=" ${__ebd_name}"
			# shellcheck disable=SC2004 # the array is associative
			__ebd_done[${__ebd_name}]=${__ebd_idempotent[${__ebd_file}]-}
		fi
		(( ECLASS_DEPTH > 1 )) || __ebd_inherit+=" ${__ebd_name}"
	done
	(( --ECLASS_DEPTH ))
	set +ef
}

# @FUNCTION: __ebd_finish_eclass
# @DESCRIPTION:
# Restores the accumulated variables that were set aside, and defines the phase functions that the eclass has exported.
__ebd_finish_eclass() {
	local phase code=
	# shellcheck disable=SC2128 # an array of the caller, whose first element says whether it is in use
	[[ ${__ebd_aside} ]] && __ebd_restore_aside
	[[ ${__ebd_exports} ]] || return 0
	for phase in ${__ebd_exports}; do
		declare -F "${ECLASS}_${phase}" || die "EXPORT_FUNCTIONS: ${ECLASS}_${phase} is not defined"
		code+="${phase}() { ${ECLASS}_${phase} \"\$@\"; };"
	done >/dev/null
	eval "${code}"
}

# @FUNCTION: __ebd_missing_eclass
# @USAGE: <eclass>
# @DESCRIPTION:
# Ends the ebuild with the error for an eclass that no repository has.
__ebd_missing_eclass() {
	__ebd_report_error missing-eclass "$1"
	__ebd_abort
}

# @FUNCTION: EXPORT_FUNCTIONS
# @USAGE: <phase function>…
# @DESCRIPTION:
# Makes functions of the eclass being sourced the phase functions of the same name.
EXPORT_FUNCTIONS() {
	[[ ${ECLASS-} ]] || die "EXPORT_FUNCTIONS: called outside an eclass"
	__ebd_exports+=" $*"
}
