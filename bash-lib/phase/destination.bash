# Where and how the install commands put files. The state is in exported private variables, which programs read.
# shellcheck shell=bash

# @FUNCTION: __ebd_set_destination
# @USAGE: <command> <variable> <folder above> <argument>…
# @DESCRIPTION:
# Sets the variable to the folder and makes it below the image.
__ebd_set_destination() {
	local command=$1 variable=$2 above=$3 folder
	shift 3
	(( $# == 1 )) || die "${command}: exactly one argument is needed, got $#"
	folder=$1
	[[ ${folder} == / ]] && folder=
	builtin export "${variable}=${folder}"
	[[ ${folder} ]] || return 0
	folder=${__EBD_ED%/}${above}/${folder#/}
	[[ -d ${folder} ]] || install -d "${folder}" || __ebd_fail "${command}: cannot make ${folder}"
}

# @FUNCTION: into
# @USAGE: <folder>
# @DESCRIPTION:
# Sets where dobin, dosbin, dolib* and domo install; /usr without it.
into() {
	__ebd_set_destination into __EBD_INTO '' "$@" || return
	# shellcheck disable=SC2034 # for ebuilds
	__ebd_feature visible_destinations && DESTTREE=${__EBD_INTO}
	return 0
}

# @FUNCTION: insinto
# @USAGE: <folder>
# @DESCRIPTION:
# Sets where doins and newins install.
insinto() {
	__ebd_set_destination insinto __EBD_INSINTO '' "$@" || return
	# shellcheck disable=SC2034 # for ebuilds
	__ebd_feature visible_destinations && INSDESTTREE=${__EBD_INSINTO}
	return 0
}

# @FUNCTION: exeinto
# @USAGE: <folder>
# @DESCRIPTION:
# Sets where doexe and newexe install.
exeinto() {
	__ebd_set_destination exeinto __EBD_EXEINTO '' "$@"
}

# @FUNCTION: docinto
# @USAGE: <folder>
# @DESCRIPTION:
# Sets the folder below /usr/share/doc/PF where dodoc installs.
docinto() {
	__ebd_set_destination docinto __EBD_DOCINTO "/usr/share/doc/${PF}" "$@"
}

# @FUNCTION: __ebd_set_options
# @USAGE: <command> <variable> <option>…
# @DESCRIPTION:
# Sets the options of install for later commands.
__ebd_set_options() {
	local IFS=$' \t\n' command=$1 variable=$2
	shift 2
	[[ ${command} != diropts ]] && has -s "$@" && die "${command}: -s must not be given; the package manager strips"
	builtin export "${variable}=$*"
}

# @FUNCTION: insopts
# @USAGE: <option of install>…
# @DESCRIPTION:
# Sets the options of doins and kin; -m0644 without it.
insopts() {
	__ebd_set_options insopts __EBD_INSOPTIONS "$@"
}

# @FUNCTION: diropts
# @USAGE: <option of install>…
# @DESCRIPTION:
# Sets the options of dodir and kin; -m0755 without it.
diropts() {
	__ebd_set_options diropts __EBD_DIROPTIONS "$@"
}

# @FUNCTION: exeopts
# @USAGE: <option of install>…
# @DESCRIPTION:
# Sets the options of doexe and kin; -m0755 without it.
exeopts() {
	__ebd_set_options exeopts __EBD_EXEOPTIONS "$@"
}

# @FUNCTION: libopts
# @USAGE: <option of install>…
# @DESCRIPTION:
# Sets the options of dolib; -m0644 without it. Banned from EAPI 7 on.
libopts() {
	__ebd_check_ban libopts
	__ebd_set_options libopts __EBD_LIBOPTIONS "$@"
}
