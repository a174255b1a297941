# Ending an ebuild with an error: die, assert, and the report that goes to the host.
# shellcheck shell=bash

# @FUNCTION: __ebd_join_record
# @USAGE: <field>…
# @DESCRIPTION:
# Sets `record` of the caller to the fields as a protocol record: separated by US (0x1f), newlines inside a
# field as RS (0x1e). A record has no newline, because bash issues one write for each line it prints and
# records may come from several processes at once.
__ebd_join_record() {
	local IFS=$'\x1f'
	record="$*"
	record=${record//$'\n'/$'\x1e'}
}

# @FUNCTION: __ebd_report_error
# @USAGE: <kind> <message>
# @DESCRIPTION:
# Writes an `error` frame on the result channel: kind, message and the call stack from the innermost frame
# outwards (function, its arguments where bash keeps them, file, line). A process other than the ebuild's main
# shell must stay below PIPE_BUF, so that its frame is written in one piece; it shortens its stack.
__ebd_report_error() {
	local LC_ALL=C IFS=$' \t\n' record i argument arguments first=0
	local -a fields=("$1" "$2") counts=()
	# Else BASH_ARGC has no entry for each function.
	shopt -q extdebug && counts=("${BASH_ARGC[@]}") first=${counts[0]}
	for (( i = 1; i < ${#FUNCNAME[@]}; i++ )); do
		[[ ${BASH_SOURCE[i]} == "${__EBD_LIB}"/daemon.bash ]] && break
		arguments=
		for (( argument = first + ${counts[i]-0} - 1; argument >= first; argument-- )); do
			arguments+=${arguments:+ }${BASH_ARGV[argument]@Q}
		done
		first=$(( first + ${counts[i]-0} ))
		fields+=("${FUNCNAME[i]}" "${arguments:0:300}" "${BASH_SOURCE[i]}" "${BASH_LINENO[i-1]}")
	done
	__ebd_join_record "${fields[@]}"
	if [[ ${BASHPID} != "${__ebd_main_pid}" ]]; then
		record=${record:0:3800}
	fi
	builtin printf '%s %s error %d\035%s' "${__ebd_nonce}" "${__ebd_id}" "${#record}" "${record}" >&"${__EBD_FD_RESULT}"
}

# @FUNCTION: __ebd_abort
# @DESCRIPTION:
# Ends the ebuild: exits, and from a subshell ends the ebuild's main shell first, so that nothing after a
# failed `$(…)` or pipeline is executed (PMS demands it from EAPI 7 on, Portage does it in all).
__ebd_abort() {
	if [[ ${BASHPID} != "${__ebd_main_pid}" ]]; then
		builtin kill -KILL "${__ebd_main_pid}"
	fi
	exit 1
}

# @FUNCTION: die
# @USAGE: [-n] [<message>…]
# @RETURN: does not return, except `die -n` below nonfatal in EAPIs where it respects nonfatal
# @DESCRIPTION:
# Shows the message and the call stack, and aborts the build.
die() {
	local status=$? IFS=$' \t\n'
	set +eux
	if [[ ${1-} == -n && ${__ebd_eapi_die_nonfatal-} == 1 ]]; then
		shift
		if [[ ${__EBD_NONFATAL-} == 1 ]]; then
			(( $# > 0 )) && builtin printf '%b\n' "$*" >&2
			return $(( status ? status : 1 ))
		fi
	fi
	__ebd_report_error die "${*:-(no error message)}"
	__ebd_abort
}

# @FUNCTION: assert
# @USAGE: [<die argument>…]
# @DESCRIPTION:
# Dies when any command of the last pipeline failed. Banned from EAPI 9 on.
assert() {
	local -a pipe_status=("${PIPESTATUS[@]}")
	local status
	__ebd_check_ban assert
	for status in "${pipe_status[@]}"; do
		(( status == 0 )) || die "$@"
	done
}

# @FUNCTION: pipestatus
# @USAGE: [-v]
# @RETURN: the last non-zero status of the last pipeline, 0 when all were zero
# @DESCRIPTION:
# With -v the statuses are printed as well. EAPI 9 and later.
pipestatus() {
	local -a pipe_status=("${PIPESTATUS[@]}")
	local status result=0
	[[ ${1-} == -v ]] && builtin printf '%s\n' "${pipe_status[*]}"
	for status in "${pipe_status[@]}"; do
		(( status == 0 )) || result=${status}
	done
	return "${result}"
}
