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
# Sets `status`, `output` and `error` of the caller to the host's answer. Any shell of the phase may ask at any time: it takes one of the
# slots that are free, and the answer comes through the slot's own pipe.
__ebd_ask() {
	local LC_ALL=C IFS=' ' request="$1 $2" slot fd rest
	# bash writes what has no newline and fits into its buffer at once, so that requests do not mix; what an ebuild may have written
	# before ends where the request begins.
	[[ ${request} == *[$'\n\036']* ]] && return 1
	(( ${#request} < 4000 )) || return 1
	read -r -N 1 -t 1 -u 105 slot 2>/dev/null || return 1
	case ${slot} in
		a) fd=107 ;;
		b) fd=108 ;;
		c) fd=109 ;;
		d) fd=110 ;;
		*) return 1 ;;
	esac
	builtin printf '\036%s %s\036' "${slot}" "${request}" 2>/dev/null >&104 || return 1
	# The host alone has the other end: this fails when it is gone.
	read -r -u "${fd}" status output rest && [[ ${rest} ]] || return 1
	error=${rest}
	if [[ ${output} == 0 ]]; then
		output=
	else
		IFS='' read -r -N "${output}" -u "${fd}" output || return 1
	fi
	if [[ ${error} == 0 ]]; then
		error=
	else
		IFS='' read -r -N "${error}" -u "${fd}" error || return 1
	fi
	builtin printf %s "${slot}" >&106
}
