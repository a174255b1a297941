# Eclasses in global scope: inherit and EXPORT_FUNCTIONS.
# shellcheck shell=bash

# @FUNCTION: __ebd_find_eclass
# @USAGE: <eclass>
# @RETURN: 0 with `location` of the caller set to the file, 1 when no repository has it
# @DESCRIPTION:
# Looks an eclass up in the folders that the request named, in their order.
__ebd_find_eclass() {
	local folder
	for folder in "${__ebd_eclass_dirs[@]}"; do
		location=${folder}/$1.eclass
		[[ -f ${location} ]] && return 0
	done
	return 1
}

# @FUNCTION: __ebd_source
# @USAGE: <file>
# @RETURN: the status of the file's last command
# @DESCRIPTION:
# Sources an eclass inside a function of its own, so that what the eclass declares without -g is local to it,
# as it is in Portage. Parameters are those of the file: none.
__ebd_source() {
	local __ebd_file=$1
	shift
	# shellcheck disable=SC1090 # eclasses are found at run time
	source "${__ebd_file}"
}

# @FUNCTION: inherit
# @USAGE: <eclass>…
# @DESCRIPTION:
# Sources eclasses. What an eclass assigns to an accumulated variable is set aside and joined to the ebuild's own
# value after sourcing (PMS 10.2); around each eclass the ebuild's, or outer eclass's, own values are put back,
# set or unset as they were. Phases exported by the eclass are defined when the eclass has ended, as Portage does.
# Where the host has preloaded the eclass's functions only the rest of the file is sourced.
inherit() {
	local -x ECLASS
	local location __ebd_exports __ebd_phase __ebd_code
	local -a __ebd_saved __ebd_unset
	(( ++ECLASS_DEPTH ))
	while [[ ${1-} ]]; do
		ECLASS=${1##*/} __ebd_exports=
		__ebd_find_eclass "${ECLASS}" || __ebd_missing_eclass "$1"
		# Sourcing an eclass again that is nothing but its guard does nothing.
		if [[ ${__ebd_idempotent[${location}]-} && " ${INHERITED-} " == *" $1 "* ]]; then
			(( ECLASS_DEPTH > 1 )) || __ebd_inherit+=" $1"
			set +ef
			shift
			continue
		fi
		# The nine variables are saved, unset and put back with one command each: this is the hottest function.
		__ebd_saved=(
			"${IUSE-}" "${REQUIRED_USE-}" "${DEPEND-}" "${RDEPEND-}" "${PDEPEND-}" "${BDEPEND-}" "${IDEPEND-}"
			"${PROPERTIES-}" "${RESTRICT-}"
		)
		# Names of variables that are set get a prefix nobody has: unsetting them later then does nothing.
		__ebd_unset=(
			"${IUSE+__ebd_x_}IUSE" "${REQUIRED_USE+__ebd_x_}REQUIRED_USE" "${DEPEND+__ebd_x_}DEPEND"
			"${RDEPEND+__ebd_x_}RDEPEND" "${PDEPEND+__ebd_x_}PDEPEND" "${BDEPEND+__ebd_x_}BDEPEND"
			"${IDEPEND+__ebd_x_}IDEPEND"
		)
		unset IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND
		if (( __ebd_eapi_accumulates_restrict )); then
			__ebd_unset+=("${PROPERTIES+__ebd_x_}PROPERTIES" "${RESTRICT+__ebd_x_}RESTRICT")
			unset PROPERTIES RESTRICT
		fi

		__ebd_source "${__ebd_residual[${location}]-${location}}" ||
			die "inherit: the last command of ${ECLASS}.eclass returned $?"
		set +ef

		__ebd_e_IUSE+=${IUSE+${__ebd_e_IUSE:+ }${IUSE}} \
		__ebd_e_REQUIRED_USE+=${REQUIRED_USE+${__ebd_e_REQUIRED_USE:+ }${REQUIRED_USE}} \
		__ebd_e_DEPEND+=${DEPEND+${__ebd_e_DEPEND:+ }${DEPEND}} \
		__ebd_e_RDEPEND+=${RDEPEND+${__ebd_e_RDEPEND:+ }${RDEPEND}} \
		__ebd_e_PDEPEND+=${PDEPEND+${__ebd_e_PDEPEND:+ }${PDEPEND}} \
		__ebd_e_BDEPEND+=${BDEPEND+${__ebd_e_BDEPEND:+ }${BDEPEND}} \
		__ebd_e_IDEPEND+=${IDEPEND+${__ebd_e_IDEPEND:+ }${IDEPEND}}
		IUSE=${__ebd_saved[0]} REQUIRED_USE=${__ebd_saved[1]} DEPEND=${__ebd_saved[2]} RDEPEND=${__ebd_saved[3]} \
		PDEPEND=${__ebd_saved[4]} BDEPEND=${__ebd_saved[5]} IDEPEND=${__ebd_saved[6]}
		if (( __ebd_eapi_accumulates_restrict )); then
			__ebd_e_PROPERTIES+=${PROPERTIES+${__ebd_e_PROPERTIES:+ }${PROPERTIES}} \
			__ebd_e_RESTRICT+=${RESTRICT+${__ebd_e_RESTRICT:+ }${RESTRICT}}
			PROPERTIES=${__ebd_saved[7]} RESTRICT=${__ebd_saved[8]}
		fi
		unset "${__ebd_unset[@]}"

		if [[ ${__ebd_exports} ]]; then
			__ebd_code=
			for __ebd_phase in ${__ebd_exports}; do
				declare -F "${ECLASS}_${__ebd_phase}" ||
					die "EXPORT_FUNCTIONS: ${ECLASS}_${__ebd_phase} is not defined"
				__ebd_code+="${__ebd_phase}() { ${ECLASS}_${__ebd_phase} \"\$@\"; };"
			done >/dev/null
			eval "${__ebd_code}"
		fi
		[[ " ${INHERITED-} " == *" $1 "* ]] || INHERITED+=" $1"
		(( ECLASS_DEPTH > 1 )) || __ebd_inherit+=" $1"
		shift
	done
	(( --ECLASS_DEPTH ))
	return 0
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
