# Patches: eapply and eapply_user.
# shellcheck shell=bash

# @FUNCTION: __ebd_apply_patch
# @USAGE: <file> [<option of patch>…]
# @RETURN: the status of patch, where it returns
# @DESCRIPTION:
# Applies one patch to the current folder; what patch prints is shown when it fails or applies with fuzz.
__ebd_apply_patch() {
	local file=$1 output status patch=patch
	shift
	ebegin "Applying ${file##*/}"
	[[ -f ${file} && -r ${file} ]] || {
		eend 1
		__ebd_fail "eapply: cannot read ${file}"
		return
	}
	hash gpatch 2>/dev/null && patch=gpatch
	output=$(LC_ALL='' LC_MESSAGES=C "${patch}" -p1 -f -g0 --no-backup-if-mismatch "$@" <"${file}" 2>&1)
	status=$?
	if (( status )); then
		builtin printf '%s\n' "${output}" >&2
		eend "${status}"
		__ebd_fail "eapply: ${patch} -p1${*:+ $*} failed with ${file}" "${status}"
		return
	fi
	[[ ${output} == *' with fuzz '* ]] && builtin printf '%s\n' "${output}" >&2
	eend 0
}

# @FUNCTION: eapply
# @USAGE: [<option of patch>…] [--] <file or folder>…
# @RETURN: the status of the first patch that fails, where it returns
# @DESCRIPTION:
# Applies patches to the current folder; of a folder, its *.diff and *.patch files in the order of their names.
# EAPI 6 and later.
eapply() {
	local LC_ALL='' LC_COLLATE=C word path file found index=0
	local -a options=() operands=()
	for word; do
		if [[ ${word} == -- ]]; then
			options=("${@:1:index}") operands=("${@:index + 2}")
			break
		fi
		(( ++index ))
	done
	if (( index == $# )); then
		for word; do
			if [[ ${word} != -* ]]; then
				operands+=("${word}")
			elif (( ${#operands[@]} )); then
				die "eapply: options must be passed before non-options: ${word}"
			else
				options+=("${word}")
			fi
		done
	fi
	(( ${#operands[@]} )) || die "eapply: no files specified"
	for path in "${operands[@]}"; do
		if [[ -d ${path} ]]; then
			found=0
			for file in "${path}"/*; do
				[[ ${file} == *.diff || ${file} == *.patch ]] || continue
				(( found++ )) || einfo "Applying patches from ${path} ..."
				__ebd_apply_patch "${file}" "${options[@]}" || return
			done
			(( found )) || die "eapply: no *.patch or *.diff files in ${path}"
		else
			__ebd_apply_patch "${path}" "${options[@]}" || return
		fi
	done
}

# @FUNCTION: eapply_user
# @RETURN: 0, or the status of a patch that fails where it returns
# @DESCRIPTION:
# Applies the user's patches for the package, those of etc/portage/patches below the folder of the configuration:
# of several with one name, that of the more specific folder; an empty file takes a patch back. In a phase it does so once.
# EAPI 6 and later.
eapply_user() {
	local LC_ALL='' LC_COLLATE=C base folder file name
	local -A chosen=()
	[[ ${__ebd_phase} == prepare ]] || die "eapply_user: only allowed in src_prepare"
	[[ -f ${T}/.portage_user_patches_applied ]] && return 0
	: >"${T}/.portage_user_patches_applied" || die "eapply_user: cannot write to ${T}"
	base=${PORTAGE_CONFIGROOT%/}/etc/portage/patches/${CATEGORY}
	for folder in "${base}"/{"${PN}","${P}","${P}-${PR}"}{,":${__EBD_SLOT%/*}"}; do
		for file in "${folder}"/*; do
			[[ ${file} == *.diff || ${file} == *.patch ]] || continue
			if [[ -s ${file} ]]; then
				chosen[${file##*/}]=${file}
			else
				unset -v 'chosen[${file##*/}]'
			fi
		done
	done
	(( ${#chosen[@]} )) || return 0
	einfo "Applying user patches from ${base%/*} ..."
	while IFS= read -r -d '' name; do
		eapply -- "${chosen[${name}]}" || return
	done < <(builtin printf '%s\0' "${!chosen[@]}" | sort -z)
	einfo "User patches applied."
}
