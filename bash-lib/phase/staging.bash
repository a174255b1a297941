# What happens to the image after src_install: compression and stripping.
# shellcheck shell=bash

__ebd_compress=() __ebd_compress_not=() __ebd_strip=() __ebd_strip_not=()

# @FUNCTION: __ebd_add_paths
# @USAGE: <command> <list> [-x] <path>…
# @DESCRIPTION:
# Adds paths to the list, with -x to the list of exceptions, whose name ends in _not.
__ebd_add_paths() {
	local command=$1 name=$2 path
	shift 2
	[[ ${__ebd_phase} == install ]] || die "${command}: only allowed in src_install"
	if [[ ${1-} == -x ]]; then
		name+=_not
		shift
	fi
	local -n list=${name}
	for path; do
		while [[ ${path} == *//* ]]; do
			path=${path//\/\//\/}
		done
		path=/${path#/}
		[[ ${path} == / ]] || path=${path%/}
		has "${path}" "${list[@]}" || list+=("${path}")
	done
}

# @FUNCTION: docompress
# @USAGE: [-x] <path>…
# @DESCRIPTION:
# Adds paths below the image that are compressed, with -x that are not. EAPI 4 and later.
docompress() {
	__ebd_add_paths docompress __ebd_compress "$@"
}

# @FUNCTION: dostrip
# @USAGE: [-x] <path>…
# @DESCRIPTION:
# Adds paths below the image that are stripped, with -x that are not. EAPI 7 and later.
dostrip() {
	__ebd_add_paths dostrip __ebd_strip "$@"
}
