# Output commands in phases: on standard error in every EAPI, coloured on a terminal, and recorded for the end of the build.
# shellcheck shell=bash

# @FUNCTION: __ebd_message
# @USAGE: <level> <colour> <text>…
# @DESCRIPTION:
# Shows a message, and adds it to T/logging/PHASE as lines of level and text. bash prints nothing but the text.
__ebd_message() {
	local IFS=$' \t\n' level=$1 colour=$2 text line
	shift 2
	builtin printf -v text '%b' "$*"
	while :; do
		line=${text%%$'\n'*}
		if [[ ${__ebd_colour-} ]]; then
			builtin printf ' \e[%sm*\e[0m %s\n' "${colour}" "${line}" >&2
		else
			builtin printf ' * %s\n' "${line}" >&2
		fi
		if [[ ${level} != INFO && -d ${__EBD_T-}/logging ]]; then
			builtin printf '%s %s\n' "${level}" "${line}" >>"${__EBD_T}/logging/${__ebd_phase:-other}"
		fi
		[[ ${text} == *$'\n'* ]] || break
		text=${text#*$'\n'}
	done
	return 0
}

# @FUNCTION: einfo
# @USAGE: <text>…
# @DESCRIPTION:
# Shows an informational message, with escapes as `echo -e` has them.
einfo() {
	__ebd_message INFO '32;1' "$@"
}

# @FUNCTION: einfon
# @USAGE: <text>…
# @DESCRIPTION:
# As einfo, without the newline.
einfon() {
	local IFS=$' \t\n'
	if [[ ${__ebd_colour-} ]]; then
		builtin printf ' \e[32;1m*\e[0m %b' "$*" >&2
	else
		builtin printf ' * %b' "$*" >&2
	fi
}

# @FUNCTION: elog
# @USAGE: <text>…
# @DESCRIPTION:
# As einfo, for messages that the user should see after the build.
elog() {
	__ebd_message LOG '32;1' "$@"
}

# @FUNCTION: ewarn
# @USAGE: <text>…
# @DESCRIPTION:
# Shows a warning.
ewarn() {
	__ebd_message WARN '33;1' "$@"
}

# @FUNCTION: eqawarn
# @USAGE: <text>…
# @DESCRIPTION:
# Shows a quality warning for developers.
eqawarn() {
	__ebd_message QA '33;1' "$@"
}

# @FUNCTION: eerror
# @USAGE: <text>…
# @DESCRIPTION:
# Shows an error message; it does not end anything.
eerror() {
	__ebd_message ERROR '31;1' "$@"
}

# @FUNCTION: ebegin
# @USAGE: <text>…
# @DESCRIPTION:
# Announces an action whose result eend shows.
ebegin() {
	local IFS=$' \t\n'
	einfon "$* ..."
	builtin printf '\n' >&2
}

# @FUNCTION: eend
# @USAGE: <status> [<message>…]
# @RETURN: <status>
# @DESCRIPTION:
# Shows the result of what ebegin announced, and the message when the status is not 0.
eend() {
	local status=${1:-0}
	(( $# )) && shift
	if (( status == 0 )); then
		builtin printf ' [ ok ]\n' >&2
	else
		(( $# )) && eerror "$@"
		builtin printf ' [ !! ]\n' >&2
	fi
	return "${status}"
}
