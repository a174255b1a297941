# What an ebuild may leave behind: processes, and files in the scratch folder.
# shellcheck shell=bash

# @FUNCTION: __ebd_read_children
# @RETURN: 0 when this process has children
# @DESCRIPTION:
# Sets `children` of the caller. A processor is a child subreaper: whatever an ebuild's child started and left
# running, detached or not, has become a child of the processor when that child has ended.
__ebd_read_children() {
	read -r children 2>/dev/null </proc/thread-self/children
	[[ ${children} ]]
}

# @FUNCTION: __ebd_end_leftovers
# @DESCRIPTION:
# Ends every process that outlived its ebuild, so that none can act while the next one runs, and sets __ebd_left to
# 1 when there was one. A process substitution that is just ending gets 100 ms.
__ebd_end_leftovers() {
	local children='' rounds=0
	__ebd_left=0
	while __ebd_read_children; do
		if (( ++rounds > 20 )); then
			__ebd_left=1
			# shellcheck disable=SC2086 # a list of process numbers
			kill -KILL ${children}
		fi
		read -r -t 0.005 -u "${__EBD_FD_IDLE}"
	done
}

# @FUNCTION: __ebd_scratch_is_empty
# @RETURN: 0 when nothing lies in the scratch folder
# @DESCRIPTION:
# bash keeps here-documents in the scratch folder for a moment; anything else there was left by an earlier ebuild.
__ebd_scratch_is_empty() {
	local name
	for name in "${TMPDIR}"/* "${TMPDIR}"/.[!.]* "${TMPDIR}"/..?*; do
		[[ -e ${name} || -L ${name} ]] && return 1
	done
	return 0
}
