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
