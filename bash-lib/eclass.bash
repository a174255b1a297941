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
			[[ ${IUSE+x}${REQUIRED_USE+x}${DEPEND+x}${RDEPEND+x}${PDEPEND+x}${BDEPEND+x}${IDEPEND+x}${PROPERTIES+x}${RESTRICT+x} ]] &&
				__ebd_set_aside
			__ebd_source "${__ebd_file}" || die "inherit: the last command of ${ECLASS}.eclass returned $?"
			set +ef
			[[ ${IUSE+x}${REQUIRED_USE+x}${DEPEND+x}${RDEPEND+x}${PDEPEND+x}${BDEPEND+x}${IDEPEND+x}${PROPERTIES+x}${RESTRICT+x} ]] &&
				__ebd_accumulate
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

# @FUNCTION: __ebd_set_aside
# @DESCRIPTION:
# Keeps the accumulated variables in `__ebd_aside` of the caller and unsets them.
__ebd_set_aside() {
	# Names of variables that are set get a prefix nobody has: unsetting them later then does nothing.
	__ebd_aside=(
		x "${IUSE-}" "${REQUIRED_USE-}" "${DEPEND-}" "${RDEPEND-}" "${PDEPEND-}" "${BDEPEND-}" "${IDEPEND-}"
		"${PROPERTIES-}" "${RESTRICT-}"
		"${IUSE+__ebd_x_}IUSE" "${REQUIRED_USE+__ebd_x_}REQUIRED_USE" "${DEPEND+__ebd_x_}DEPEND"
		"${RDEPEND+__ebd_x_}RDEPEND" "${PDEPEND+__ebd_x_}PDEPEND" "${BDEPEND+__ebd_x_}BDEPEND"
		"${IDEPEND+__ebd_x_}IDEPEND"
	)
	unset IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND
	if (( __ebd_eapi_accumulates_restrict )); then
		__ebd_aside+=("${PROPERTIES+__ebd_x_}PROPERTIES" "${RESTRICT+__ebd_x_}RESTRICT")
		unset PROPERTIES RESTRICT
	fi
}

# @FUNCTION: __ebd_accumulate
# @DESCRIPTION:
# Moves what an eclass assigned to the accumulated variables to what eclasses have assigned so far.
__ebd_accumulate() {
	__ebd_e_IUSE+=${IUSE+${__ebd_e_IUSE:+ }${IUSE}} \
	__ebd_e_REQUIRED_USE+=${REQUIRED_USE+${__ebd_e_REQUIRED_USE:+ }${REQUIRED_USE}} \
	__ebd_e_DEPEND+=${DEPEND+${__ebd_e_DEPEND:+ }${DEPEND}} \
	__ebd_e_RDEPEND+=${RDEPEND+${__ebd_e_RDEPEND:+ }${RDEPEND}} \
	__ebd_e_PDEPEND+=${PDEPEND+${__ebd_e_PDEPEND:+ }${PDEPEND}} \
	__ebd_e_BDEPEND+=${BDEPEND+${__ebd_e_BDEPEND:+ }${BDEPEND}} \
	__ebd_e_IDEPEND+=${IDEPEND+${__ebd_e_IDEPEND:+ }${IDEPEND}}
	unset IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND
	if (( __ebd_eapi_accumulates_restrict )); then
		__ebd_e_PROPERTIES+=${PROPERTIES+${__ebd_e_PROPERTIES:+ }${PROPERTIES}} \
		__ebd_e_RESTRICT+=${RESTRICT+${__ebd_e_RESTRICT:+ }${RESTRICT}}
		unset PROPERTIES RESTRICT
	fi
}

# @FUNCTION: __ebd_finish_eclass
# @DESCRIPTION:
# Gives the accumulated variables the values, or the absence of one, that `__ebd_aside` of the caller has, and
# defines the phase functions that the eclass has exported.
__ebd_finish_eclass() {
	local phase code=
	# shellcheck disable=SC2128,SC2178 # an array of the caller, whose first element says whether it is in use
	if [[ ${__ebd_aside} ]]; then
		IUSE=${__ebd_aside[1]} REQUIRED_USE=${__ebd_aside[2]} DEPEND=${__ebd_aside[3]} RDEPEND=${__ebd_aside[4]} \
		PDEPEND=${__ebd_aside[5]} BDEPEND=${__ebd_aside[6]} IDEPEND=${__ebd_aside[7]}
		if (( __ebd_eapi_accumulates_restrict )); then
			PROPERTIES=${__ebd_aside[8]} RESTRICT=${__ebd_aside[9]}
		fi
		unset "${__ebd_aside[@]:10}"
		__ebd_aside=
	fi
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
