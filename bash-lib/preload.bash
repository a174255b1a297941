# Eclass functions that are defined once in a processor instead of once in each ebuild.
# shellcheck shell=bash

# @FUNCTION: __ebd_load
# @RETURN: the status of the file's last command
# @DESCRIPTION:
# Sources a file that the host wrote for its processors and whose path is the payload. It may set __ebd_eclass (for
# each eclass, its file), and define eclass functions and set __ebd_preloaded (their names), __ebd_residual (for each
# eclass file, the file with what is left of it) and __ebd_idempotent (eclass files that do nothing when they are
# sourced again).
__ebd_load() {
	# shellcheck disable=SC1090 # written by the host
	source "${__ebd_payload}"
}

# @FUNCTION: __ebd_not_given
# @DESCRIPTION:
# Ends an ebuild that calls a function which its processor knows by name only; the host then has it sourced plainly.
__ebd_not_given() {
	__ebd_report_error external-command "${FUNCNAME[1]}"
	__ebd_abort
}

# @FUNCTION: __ebd_forget_preloaded
# @DESCRIPTION:
# Makes a child as if nothing had been preloaded.
__ebd_forget_preloaded() {
	# shellcheck disable=SC2086 # a list of names
	unset -f ${__ebd_preloaded}
	__ebd_residual=() __ebd_idempotent=()
}

# @FUNCTION: __ebd_seal_library
# @DESCRIPTION:
# Makes the library's private functions read-only. Commands of PMS stay as they are: an ebuild may define a
# function of that name, and Portage lets it.
__ebd_seal_library() {
	local declaration
	local -a names=()
	# The only command substitution of the library, once in a processor's life.
	while read -r _ _ declaration; do
		[[ ${declaration} == __ebd_* ]] && names+=("${declaration}")
	done <<<"$(declare -F)"
	readonly -f "${names[@]}"
}
