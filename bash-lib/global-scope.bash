# Commands that must not be called while an ebuild is sourced, and commands that an EAPI bans.
# shellcheck shell=bash

# @FUNCTION: __ebd_forbid
# @USAGE: <command>…
# @DESCRIPTION:
# Defines commands that die in global scope: what they answer is not defined while metadata is generated, or they
# need an image or an installed system.
__ebd_forbid() {
	local name code=
	for name; do
		code+="${name}() { die \"${name}: not allowed in global scope\"; };"
	done
	eval "${code}"
}

# @FUNCTION: __ebd_check_ban
# @USAGE: <command>
# @DESCRIPTION:
# Dies when the EAPI of the ebuild bans the command.
__ebd_check_ban() {
	[[ ${__ebd_eapi_banned} == *" $1 "* ]] && die "$1: banned in EAPI ${__ebd_eapi}"
	return 0
}

# @FUNCTION: nonfatal
# @USAGE: <command> [<argument>…]
# @RETURN: the status of the command
# @DESCRIPTION:
# Runs a command with failures that would end the build turned into a status. EAPI 4 and later.
nonfatal() {
	(( $# )) || die "nonfatal: missing argument"
	__EBD_NONFATAL=1 "$@"
}

# @FUNCTION: command_not_found_handle
# @USAGE: <command> [<argument>…]
# @DESCRIPTION:
# bash calls this, in a subshell, for a command that is neither a function nor found on PATH, which in global
# scope is every external program.
command_not_found_handle() {
	__ebd_report_error external-command "$*"
	__ebd_abort
}
