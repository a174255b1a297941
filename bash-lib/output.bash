# Output commands of PMS. In global scope the text goes to the captured log of the ebuild.
# shellcheck shell=bash

# @FUNCTION: einfo
# @USAGE: <text>…
# @DESCRIPTION:
# Shows an informational message on standard error, with escapes as `echo -e` has them.
einfo() {
	builtin echo -e " * $*" >&2
}

# @FUNCTION: einfon
# @USAGE: <text>…
# @DESCRIPTION:
# As einfo, without the newline.
einfon() {
	builtin echo -ne " * $*" >&2
}

# @FUNCTION: elog
# @USAGE: <text>…
# @DESCRIPTION:
# As einfo, for messages that the user should see after the build.
elog() {
	builtin echo -e " * $*" >&2
}

# @FUNCTION: ewarn
# @USAGE: <text>…
# @DESCRIPTION:
# Shows a warning on standard error.
ewarn() {
	builtin echo -e " * $*" >&2
}

# @FUNCTION: eqawarn
# @USAGE: <text>…
# @DESCRIPTION:
# Shows a quality warning for developers on standard error. EAPI 7 and later.
eqawarn() {
	builtin echo -e " * $*" >&2
}

# @FUNCTION: eerror
# @USAGE: <text>…
# @DESCRIPTION:
# Shows an error message on standard error; it does not end anything.
eerror() {
	builtin echo -e " * $*" >&2
}

# @FUNCTION: ebegin
# @USAGE: <text>…
# @DESCRIPTION:
# Announces an action whose result eend shows.
ebegin() {
	builtin echo -e " * $* ..." >&2
}

# @FUNCTION: eend
# @USAGE: <status> [<message>…]
# @RETURN: <status>
# @DESCRIPTION:
# Shows the result of what ebegin announced, and the message when the status is not 0.
eend() {
	local status=${1:-0}
	shift
	if (( status != 0 && $# > 0 )); then
		eerror "$@"
	fi
	if (( status == 0 )); then
		builtin echo " [ ok ]" >&2
	else
		builtin echo " [ !! ]" >&2
	fi
	return "${status}"
}

# @FUNCTION: debug-print
# @USAGE: <text>…
# @DESCRIPTION:
# Debug output of eclasses; nothing is printed.
debug-print() { :; }

# @FUNCTION: debug-print-function
# @USAGE: <function> [<argument>…]
# @DESCRIPTION:
# Debug output on entering a function; nothing is printed.
debug-print-function() { :; }

# @FUNCTION: debug-print-section
# @USAGE: <section>
# @DESCRIPTION:
# Debug output on entering a section; nothing is printed.
debug-print-section() { :; }
