# Asking the host from a shell of a phase, without a program. docs/protocol.md has the formats.
# shellcheck shell=bash

# @FUNCTION: __ebd_hide_fds
# @USAGE: <fd>…
# @DESCRIPTION:
# Has descriptors closed in programs; subshells keep them. bash cannot ask for that, but it marks the copy that it makes of a
# descriptor while that one is redirected, and what is duplicated from a marked one is marked, too.
__ebd_hide_fds() {
	local fd copy marked
	for fd; do
		# That copy has the lowest number that is free.
		exec {copy}>&"${fd}"
		exec {copy}>&-
		eval "{ exec {marked}>&${copy}; } ${fd}</dev/null; exec ${fd}>&\${marked}"
		exec {marked}>&-
	done
}

# @FUNCTION: __ebd_ask
# @USAGE: <service> <payload>
# @RETURN: 0 when the host has answered; 1 when it has to be asked by a program, because the shell cannot
# @DESCRIPTION:
# Sets `status`, `output` and `error` of the caller to the host's answer. The main shell has a slot of its own, in which one question at
# a time is asked; another shell, or a trap that interrupts the main shell while it asks, takes one of those that are free.
__ebd_ask() {
	local request="$1 $2" slot IFS=' '
	# bash writes what has no newline and fits into its buffer at once, so that requests do not mix. A character has four bytes at most.
	[[ ${request} == *[$'\n\036']* || ${#request} -gt 1000 ]] && return 1
	if [[ ${BASHPID} == "${__ebd_main_pid}" && ! ${__ebd_asking-} ]]; then
		local __ebd_asking=1
		__ebd_ask_in m 111
		return
	fi
	read -r -N 1 -t 1 -u 105 slot || return 1
	case ${slot} in
		a) __ebd_ask_in a 107 ;;
		b) __ebd_ask_in b 108 ;;
		c) __ebd_ask_in c 109 ;;
		d) __ebd_ask_in d 110 ;;
		*) return 1 ;;
	esac && builtin printf %s "${slot}" >&106
}

# @FUNCTION: __ebd_ask_in
# @USAGE: <slot> <fd>
# @RETURN: 0 when the host has answered, 1 otherwise
# @DESCRIPTION:
# Sends `request` of the caller in a slot and reads the answer. What an ebuild may have written before ends where the request begins.
__ebd_ask_in() {
	builtin printf '\036%s %s\036' "$1" "${request}" >&104 || return 1
	# The host alone has the other end: this fails when it is gone.
	read -r -u "$2" status output error || return 1
	if [[ ${output} == 0 && ${error} == 0 ]]; then
		output='' error=''
	else
		__ebd_read_answer "$2" "${output}" "${error}"
	fi
}

# @FUNCTION: __ebd_read_answer
# @USAGE: <fd> <length> <length>
# @RETURN: 0, or 1 when the host is gone
# @DESCRIPTION:
# Sets `output` and `error` of the caller to what follows the line of an answer; the lengths are bytes.
__ebd_read_answer() {
	local LC_ALL=C IFS=''
	output='' error=''
	if [[ $2 != 0 ]]; then
		read -r -N "$2" -u "$1" output || return 1
	fi
	[[ $3 == 0 ]] || read -r -N "$3" -u "$1" error
}
