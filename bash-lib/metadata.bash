# One ebuild's metadata, inside the child that was forked for it.
# shellcheck shell=bash

# @FUNCTION: __ebd_parse_request
# @DESCRIPTION:
# Assigns the lines NAME=VALUE of a metadata request's payload: the __ebd_* variables of the request, and the
# variables of PMS that are defined in global scope.
__ebd_parse_request() {
	local IFS=$'\n'
	set -f
	# shellcheck disable=SC2086 # a line is a word
	declare -g -- ${__ebd_payload}
	set +f
}

# @FUNCTION: __ebd_enter_child
# @DESCRIPTION:
# Prepares the child for sourcing: leaves the control channel to the daemon, sends output to the log channel, sets
# limits and the EAPI's shell behaviour. The idle channel stays open: when the host is killed, the kernel ends the
# group of those that hold it, and the daemon may be gone by then.
__ebd_enter_child() {
	exec {__EBD_FD_CONTROL_IN}<&- {__EBD_FD_CONTROL_OUT}>&- 2>&1
	__ebd_main_pid=${BASHPID}
	builtin printf '%s\n' "${__ebd_nonce}"
	[[ ${__ebd_cpu} ]] && ulimit -t "${__ebd_cpu}"
	[[ ${__ebd_mode} == plain && ${__ebd_preloaded} ]] && __ebd_forget_preloaded
	"__ebd_enter_eapi_${__ebd_eapi}"
	BASH_COMPAT=${__ebd_eapi_compat}
	(( __ebd_eapi_failglob )) && shopt -s failglob
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
	for name in "${!__ebd_eapi_phases}"; do
		declare -F "${name}" && phases+=" ${name#*_}"
	done >/dev/null
	phases=${phases# }
	phases=${phases:--}
}

# @FUNCTION: __ebd_join_accumulated
# @DESCRIPTION:
# Joins what the ebuild assigned to the accumulated variables with what its eclasses did; where the EAPI says so, an
# RDEPEND that the ebuild did not set becomes the ebuild's DEPEND first.
__ebd_join_accumulated() {
	(( __ebd_eapi_rdepend_fallback )) && RDEPEND=${RDEPEND-${DEPEND-}}
	__ebd_append_accumulated
}

# @FUNCTION: __ebd_fold_values
# @DESCRIPTION:
# Splits the values at the ebuild's own IFS and joins the words with spaces, as `echo ${VALUE}` does it in Portage.
# With the standard IFS the host folds white space instead.
__ebd_fold_values() {
	local key value
	set -f
	for key in "${__ebd_keys[@]}"; do
		# shellcheck disable=SC2086 # splitting is the purpose
		set -- ${!key}
		builtin printf -v value '%s ' "$@"
		builtin printf -v "${key}" %s "${value% }"
	done
}

# @FUNCTION: __ebd_emit_metadata
# @DESCRIPTION:
# Writes the `metadata` frame on the result channel: the header names each key and the byte length of its value, the
# payload is the values.
__ebd_emit_metadata() {
	local phases
	LC_ALL=C
	__ebd_locale_is_c || exit 71
	__ebd_join_accumulated
	__ebd_defined_phases
	[[ ${IFS-$' \t\n'} == $' \t\n' ]] || __ebd_fold_values
	__ebd_write_metadata
}
