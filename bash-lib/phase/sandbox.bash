# Commands that tell the sandbox what a build may touch. They record the paths where libsandbox would look for them.
# shellcheck shell=bash

# @FUNCTION: __ebd_add_sandbox_path
# @USAGE: <command> <variable> <path>…
# @DESCRIPTION:
# Appends a path to a list separated by colons.
__ebd_add_sandbox_path() {
	local command=$1 variable=$2
	shift 2
	(( $# == 1 )) || die "${command}: exactly one path is needed, got $#"
	[[ $1 == *:* ]] && eqawarn "${command}: several paths in one argument: $1"
	builtin export "${variable}=${!variable:+${!variable}:}$1"
	__ebd_announce_sandbox_paths "${command#add}" "$1"
}

# @FUNCTION: __ebd_announce_sandbox_paths
# @USAGE: <write|predict|deny|read> <list>
# @DESCRIPTION:
# Has the host take the paths of a list, which colons separate, into its rules: it sees every open for writing, and knows the word.
__ebd_announce_sandbox_paths() {
	local kind=$1 rest=$2: path
	[[ ${__ebd_sandbox} && ${kind} != read ]] || return 0
	while [[ ${rest} ]]; do
		path=${rest%%:*} rest=${rest#*:}
		[[ ${path} == /* ]] || continue
		: 2>/dev/null >|"/dev/null/${__ebd_sandbox}/${kind}/${path}" || :
	done
}

# @FUNCTION: __ebd_announce_sandbox
# @DESCRIPTION:
# Has the host take up the paths that the environment of earlier phases and the hooks have added.
__ebd_announce_sandbox() {
	[[ ${__ebd_sandbox} ]] || return 0
	__ebd_announce_sandbox_paths write "${SANDBOX_WRITE-}"
	__ebd_announce_sandbox_paths predict "${SANDBOX_PREDICT-}"
	__ebd_announce_sandbox_paths deny "${SANDBOX_DENY-}"
}

# @FUNCTION: __ebd_locate
# @DESCRIPTION:
# Runs in the main shell when the host has denied something for the first time: tells where the shell is.
__ebd_locate() {
	trap - URG
	__ebd_report_error denied ''
}

# @FUNCTION: addread
# @USAGE: <path>
# @DESCRIPTION:
# Allows reading below a path.
addread() {
	__ebd_add_sandbox_path addread SANDBOX_READ "$@"
}

# @FUNCTION: addwrite
# @USAGE: <path>
# @DESCRIPTION:
# Allows writing below a path.
addwrite() {
	__ebd_add_sandbox_path addwrite SANDBOX_WRITE "$@"
}

# @FUNCTION: adddeny
# @USAGE: <path>
# @DESCRIPTION:
# Denies access below a path.
adddeny() {
	__ebd_add_sandbox_path adddeny SANDBOX_DENY "$@"
}

# @FUNCTION: addpredict
# @USAGE: <path>
# @DESCRIPTION:
# Denies writing below a path without a report.
addpredict() {
	__ebd_add_sandbox_path addpredict SANDBOX_PREDICT "$@"
}
