# The environment that is kept from phase to phase.
# shellcheck shell=bash

# @FUNCTION: __ebd_finish_sourcing
# @DESCRIPTION:
# Does what follows the sourcing of the ebuild: joins accumulated variables and lists the phases that are defined.
__ebd_finish_sourcing() {
	local phases
	[[ ${EAPI:-0} == "${__ebd_eapi}" ]] || die "EAPI is ${EAPI:-0} after sourcing and ${__ebd_eapi} in the text"
	EAPI=${__ebd_eapi}
	__ebd_join_accumulated
	__ebd_defined_phases
	DEFINED_PHASES=${phases}
	unset ECLASS ECLASS_DEPTH
}

# @FUNCTION: __ebd_save_environment
# @DESCRIPTION:
# Writes variables and functions as bash prints them to the file that the host named; the host decides what of it is kept.
__ebd_save_environment() {
	[[ ${__ebd_dump} ]] || return 0
	[[ ${__ebd_added-} ]] && unset -f "${__ebd_added}"
	__ebd_enter_shell
	{
		declare -p
		declare -fp
	} >"${__ebd_dump}" || die "the environment cannot be saved to ${__ebd_dump}"
}
