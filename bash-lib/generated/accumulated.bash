# The variables to which every eclass adds.
# Generated from the tables of ebd-pms by `cargo xtask codegen`.
# shellcheck shell=bash disable=SC2034,SC2154,SC2178 # the other files of the library have the variables

# Tests whether one of them is set. An alias, because inherit does it twice for each eclass: it is expanded where inherit
# is read, and a function would have to be called.
alias __ebd_accumulated_is_set='[[ ${IUSE+x}${REQUIRED_USE+x}${DEPEND+x}${RDEPEND+x}${PDEPEND+x}${BDEPEND+x}${IDEPEND+x}${PROPERTIES+x}${RESTRICT+x} ]]'

# @FUNCTION: __ebd_unset_accumulated
# @DESCRIPTION:
# Unsets the accumulated variables and forgets what eclasses have assigned to them.
__ebd_unset_accumulated() {
	unset IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND PROPERTIES RESTRICT
	__ebd_e_IUSE='' __ebd_e_REQUIRED_USE='' __ebd_e_DEPEND='' __ebd_e_RDEPEND='' __ebd_e_PDEPEND='' __ebd_e_BDEPEND='' __ebd_e_IDEPEND='' __ebd_e_PROPERTIES='' __ebd_e_RESTRICT=''
}

# @FUNCTION: __ebd_set_aside
# @DESCRIPTION:
# Keeps the accumulated variables in `__ebd_aside` of the caller and unsets them.
__ebd_set_aside() {
	# Names of variables that are set get a prefix nobody has: unsetting them later then does nothing.
	__ebd_aside=(x "${IUSE-}" "${REQUIRED_USE-}" "${DEPEND-}" "${RDEPEND-}" "${PDEPEND-}" "${BDEPEND-}" "${IDEPEND-}" "${PROPERTIES-}" "${RESTRICT-}" "${IUSE+__ebd_x_}IUSE" "${REQUIRED_USE+__ebd_x_}REQUIRED_USE" "${DEPEND+__ebd_x_}DEPEND" "${RDEPEND+__ebd_x_}RDEPEND" "${PDEPEND+__ebd_x_}PDEPEND" "${BDEPEND+__ebd_x_}BDEPEND" "${IDEPEND+__ebd_x_}IDEPEND")
	unset IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND
	if (( __ebd_eapi_accumulates_properties )); then
		__ebd_aside+=("${PROPERTIES+__ebd_x_}PROPERTIES" "${RESTRICT+__ebd_x_}RESTRICT")
		unset PROPERTIES RESTRICT
	fi
}

# @FUNCTION: __ebd_restore_aside
# @DESCRIPTION:
# Gives the accumulated variables the values, or the absence of one, that `__ebd_aside` of the caller has.
__ebd_restore_aside() {
	IUSE=${__ebd_aside[1]} REQUIRED_USE=${__ebd_aside[2]} DEPEND=${__ebd_aside[3]} RDEPEND=${__ebd_aside[4]} PDEPEND=${__ebd_aside[5]} BDEPEND=${__ebd_aside[6]} IDEPEND=${__ebd_aside[7]}
	if (( __ebd_eapi_accumulates_properties )); then
		PROPERTIES=${__ebd_aside[8]} RESTRICT=${__ebd_aside[9]}
	fi
	unset "${__ebd_aside[@]:10}"
	__ebd_aside=
}

# @FUNCTION: __ebd_accumulate
# @DESCRIPTION:
# Moves what an eclass assigned to the accumulated variables to what eclasses have assigned so far.
__ebd_accumulate() {
	__ebd_e_IUSE+=${IUSE+${__ebd_e_IUSE:+ }${IUSE}} __ebd_e_REQUIRED_USE+=${REQUIRED_USE+${__ebd_e_REQUIRED_USE:+ }${REQUIRED_USE}} __ebd_e_DEPEND+=${DEPEND+${__ebd_e_DEPEND:+ }${DEPEND}} __ebd_e_RDEPEND+=${RDEPEND+${__ebd_e_RDEPEND:+ }${RDEPEND}} __ebd_e_PDEPEND+=${PDEPEND+${__ebd_e_PDEPEND:+ }${PDEPEND}} __ebd_e_BDEPEND+=${BDEPEND+${__ebd_e_BDEPEND:+ }${BDEPEND}} __ebd_e_IDEPEND+=${IDEPEND+${__ebd_e_IDEPEND:+ }${IDEPEND}}
	unset IUSE REQUIRED_USE DEPEND RDEPEND PDEPEND BDEPEND IDEPEND
	if (( __ebd_eapi_accumulates_properties )); then
		__ebd_e_PROPERTIES+=${PROPERTIES+${__ebd_e_PROPERTIES:+ }${PROPERTIES}} __ebd_e_RESTRICT+=${RESTRICT+${__ebd_e_RESTRICT:+ }${RESTRICT}}
		unset PROPERTIES RESTRICT
	fi
}

# @FUNCTION: __ebd_append_accumulated
# @DESCRIPTION:
# Adds what eclasses assigned to the accumulated variables to what the ebuild assigned.
__ebd_append_accumulated() {
	IUSE+=" ${__ebd_e_IUSE}" REQUIRED_USE+=" ${__ebd_e_REQUIRED_USE}" DEPEND+=" ${__ebd_e_DEPEND}" RDEPEND+=" ${__ebd_e_RDEPEND}" PDEPEND+=" ${__ebd_e_PDEPEND}" BDEPEND+=" ${__ebd_e_BDEPEND}" IDEPEND+=" ${__ebd_e_IDEPEND}"
	if (( __ebd_eapi_accumulates_properties )); then
		PROPERTIES+=" ${__ebd_e_PROPERTIES}" RESTRICT+=" ${__ebd_e_RESTRICT}"
	fi
}
