# One ebuild's metadata, inside the child that was forked for it.
# shellcheck shell=bash

# @FUNCTION: __ebd_parse_request
# @DESCRIPTION:
# Reads the payload of a metadata request, lines of key=value, into the __ebd_* variables of the request and the
# package variables of PMS.
__ebd_parse_request() {
	local IFS=$'\n' field
	__ebd_eclass_dirs=()
	set -f
	for field in ${__ebd_payload}; do
		case ${field} in
			nonce=*) __ebd_nonce=${field#*=} ;;
			eapi=*) __ebd_eapi=${field#*=} ;;
			ebuild=*) EBUILD=${field#*=} ;;
			category=*) CATEGORY=${field#*=} ;;
			pn=*) PN=${field#*=} ;;
			pv=*) PV=${field#*=} ;;
			pr=*) PR=${field#*=} ;;
			pvr=*) PVR=${field#*=} ;;
			mode=*) __ebd_mode=${field#*=} ;;
			cpu=*) __ebd_cpu=${field#*=} ;;
			eclasses=*) __ebd_eclass_dirs+=("${field#*=}") ;;
		esac
	done
	set +f
}

# @FUNCTION: __ebd_enter_child
# @DESCRIPTION:
# Prepares the child for sourcing: leaves the control channel to the daemon, sends output to the log channel, sets
# limits, the EAPI's shell behaviour and the variables that PMS defines in global scope.
__ebd_enter_child() {
	exec {__EBD_FD_CONTROL_IN}<&- {__EBD_FD_CONTROL_OUT}>&- 2>&1
	__ebd_main_pid=${BASHPID}
	builtin printf '%s\n' "${__ebd_nonce}"
	[[ ${__ebd_cpu} ]] && ulimit -t "${__ebd_cpu}"
	__ebd_enter_eapi
	BASH_COMPAT=${__ebd_eapi_compat}
	shopt -u patsub_replacement globskipdots 2>/dev/null
	(( __ebd_eapi_failglob )) && shopt -s failglob
	if [[ ${__ebd_mode} == plain && ${__ebd_preloaded-} ]]; then
		# shellcheck disable=SC2086 # a list of names
		unset -f ${__ebd_preloaded}
		__ebd_residual=() __ebd_idempotent=()
	fi
	P=${PN}-${PV} PF=${PN}-${PVR} ROOT=/ EROOT=/ EPREFIX='' SYSROOT='' ESYSROOT='' BROOT=''
	FILESDIR=${EBUILD%/*}/files DISTDIR=/var/cache/distfiles
	WORKDIR=/var/tmp/portage/${CATEGORY}/${PF}/work
	S=${WORKDIR}/${P} T=${WORKDIR%/*}/temp D=${WORKDIR%/*}/image/ HOME=${WORKDIR%/*}/homedir EBUILD_PHASE=depend
}

# @FUNCTION: __ebd_source_failed
# @USAGE: <status>
# @DESCRIPTION:
# Ends an ebuild whose last command failed, or that bash could not parse; the host tells them apart by what bash
# printed.
__ebd_source_failed() {
	__ebd_report_error source-status "$1"
	exit 1
}

# @FUNCTION: __ebd_defined_phases
# @DESCRIPTION:
# Sets `phases` of the caller to the short names of the phase functions that exist, or to `-`.
__ebd_defined_phases() {
	local name
	phases=
	for name in "${__ebd_eapi_phases[@]}"; do
		declare -F "${name}" && phases+=" ${name#*_}"
	done >/dev/null
	phases=${phases# }
	phases=${phases:--}
}

# @FUNCTION: __ebd_join_accumulated
# @DESCRIPTION:
# Joins what the ebuild assigned to the accumulated variables with what its eclasses did; in EAPI 0 to 3 an RDEPEND
# that the ebuild did not set becomes the ebuild's DEPEND first.
__ebd_join_accumulated() {
	(( __ebd_eapi_rdepend_fallback )) && RDEPEND=${RDEPEND-${DEPEND-}}
	IUSE+=${IUSE:+ }${__ebd_e_IUSE} REQUIRED_USE+=${REQUIRED_USE:+ }${__ebd_e_REQUIRED_USE} \
	DEPEND+=${DEPEND:+ }${__ebd_e_DEPEND} RDEPEND+=${RDEPEND:+ }${__ebd_e_RDEPEND} \
	PDEPEND+=${PDEPEND:+ }${__ebd_e_PDEPEND} BDEPEND+=${BDEPEND:+ }${__ebd_e_BDEPEND} \
	IDEPEND+=${IDEPEND:+ }${__ebd_e_IDEPEND}
	if (( __ebd_eapi_accumulates_restrict )); then
		PROPERTIES+=${PROPERTIES:+ }${__ebd_e_PROPERTIES} RESTRICT+=${RESTRICT:+ }${__ebd_e_RESTRICT}
	fi
}

# @FUNCTION: __ebd_check_readonly
# @DESCRIPTION:
# Ends an ebuild that made a variable read-only that must still be assigned.
__ebd_check_readonly() {
	local name
	[[ ${IUSE@a}${REQUIRED_USE@a}${DEPEND@a}${RDEPEND@a}${PDEPEND@a}${BDEPEND@a}${IDEPEND@a}${PROPERTIES@a} == *r* ||
		${RESTRICT@a}${LC_ALL@a} == *r* ]] || return 0
	for name in IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND PROPERTIES RESTRICT LC_ALL; do
		if [[ ${!name@a} == *r* ]]; then
			__ebd_report_error readonly "${name}"
			exit 1
		fi
	done
}

# @FUNCTION: __ebd_emit_metadata
# @DESCRIPTION:
# Writes the `metadata` frame on the result channel: the header names each key and the byte length of its value, the
# payload is the values. White space is folded as `echo ${VALUE}` with the ebuild's own IFS would do it, which is how
# Portage does it.
__ebd_emit_metadata() {
	local header='' payload='' phases key value standard_ifs=0
	__ebd_check_readonly
	LC_ALL=C
	__ebd_locale_is_c || exit 71
	__ebd_join_accumulated
	__ebd_defined_phases
	[[ ${IFS-$' \t\n'} == $' \t\n' ]] && standard_ifs=1
	set -f
	for key in "${__ebd_eapi_keys[@]}"; do
		[[ ${!key-} ]] || continue
		# shellcheck disable=SC2086 # splitting is the purpose
		set -- ${!key}
		if (( standard_ifs )); then
			value=$*
		else
			builtin printf -v value '%s ' "$@"
			value=${value% }
		fi
		header+=" ${key}=${#value}" payload+=${value}
	done
	builtin printf '%s %s metadata%s DEFINED_PHASES=%d INHERIT=%d INHERITED=%d %d\035%s%s%s%s' \
		"${__ebd_nonce}" "${__ebd_id}" "${header}" "${#phases}" "${#__ebd_inherit}" "${#INHERITED}" \
		$(( ${#payload} + ${#phases} + ${#__ebd_inherit} + ${#INHERITED} )) \
		"${payload}" "${phases}" "${__ebd_inherit}" "${INHERITED}" >&"${__EBD_FD_RESULT}"
}
