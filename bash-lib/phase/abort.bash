# Ending a build from a phase: what differs from global scope, where die.bash has die itself.
# shellcheck shell=bash

# @FUNCTION: __ebd_abort
# @DESCRIPTION:
# Ends the phase. A subshell asks the main shell to end first: bash runs the trap before the main shell's next command,
# so nothing after a failed `$(…)` or pipeline is executed.
__ebd_abort() {
	if [[ ${BASHPID} != "${__ebd_main_pid}" ]]; then
		builtin kill -TERM "${__ebd_main_pid}"
		exit 1
	fi
	__ebd_dump_failure
	__ebd_run_death_hooks
	exit 1
}

# @FUNCTION: __ebd_dump_failure
# @DESCRIPTION:
# Writes folder, variables (also local ones) and functions of a phase that dies to the files that the host named.
__ebd_dump_failure() {
	[[ ${__ebd_failure} ]] || return 0
	builtin printf '%s' "${PWD}" >"${__ebd_failure}.folder"
	{
		declare -p
		declare -fp
	} >"${__ebd_failure}"
} 2>/dev/null

# @FUNCTION: __ebd_terminated
# @DESCRIPTION:
# Runs in the main shell when a subshell or a program has died, or the host wants the phase to end. What the host has not
# been told yet is where the main shell is.
__ebd_terminated() {
	trap '' TERM
	__ebd_report_error terminated ''
	__ebd_dump_failure
	__ebd_run_death_hooks
	exit 1
}

# @FUNCTION: __ebd_run_death_hooks
# @DESCRIPTION:
# Calls what register_die_hook registered, once.
__ebd_run_death_hooks() {
	local hook hooks=${EBUILD_DEATH_HOOKS-}
	EBUILD_DEATH_HOOKS=
	for hook in ${hooks}; do
		"${hook}" >&2
	done
}

# @FUNCTION: register_die_hook
# @USAGE: <function>…
# @DESCRIPTION:
# Has functions called when the build dies.
register_die_hook() {
	local name
	for name; do
		[[ " ${EBUILD_DEATH_HOOKS-} " == *" ${name} "* ]] || EBUILD_DEATH_HOOKS+="${EBUILD_DEATH_HOOKS:+ }${name}"
	done
}

# @FUNCTION: register_success_hook
# @USAGE: <function>…
# @DESCRIPTION:
# Has functions called when the phase has succeeded.
register_success_hook() {
	local name
	for name; do
		[[ " ${EBUILD_SUCCESS_HOOKS-} " == *" ${name} "* ]] || EBUILD_SUCCESS_HOOKS+="${EBUILD_SUCCESS_HOOKS:+ }${name}"
	done
}

# @FUNCTION: __ebd_fail
# @USAGE: <message> [<status>]
# @RETURN: the status, 1 unless given, where it returns
# @DESCRIPTION:
# How a helper fails: it ends the build from EAPI 4 on unless it runs below nonfatal, and returns a status otherwise.
__ebd_fail() {
	if __ebd_feature helpers_die && [[ ${__EBD_NONFATAL-} != 1 ]]; then
		die "$1"
	fi
	eerror "$1"
	return "${2:-1}"
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

# @FUNCTION: edo
# @USAGE: <command> [<argument>…]
# @RETURN: the status of the command, where it returns
# @DESCRIPTION:
# Shows a command and runs it; that it fails ends the build. EAPI 9 and later.
edo() {
	(( $# )) || die "edo: missing argument"
	local word quoted text=
	for word; do
		builtin printf -v quoted %q "${word}"
		[[ ${quoted} == "${word}" ]] || quoted=${word@Q}
		text+=" ${quoted}"
	done
	builtin printf '%s\n' "${text# }" >&2
	"$@" || __ebd_fail "edo: failed to run command: $1" $?
}
