# Frames on the control, result and log channels. docs/protocol.md is the specification.
# shellcheck shell=bash

# @FUNCTION: __ebd_read_frame
# @RETURN: 0 with a frame read, 1 at the end of the channel, 2 for a malformed header
# @DESCRIPTION:
# Reads one frame from the control channel into __ebd_id, __ebd_verb and __ebd_payload. The header is read with plain
# `read`, which takes a system call for each byte of a pipe; headers are therefore short and everything else travels
# in the payload, which `read -N` takes in blocks.
__ebd_read_frame() {
	local -a words
	local length
	IFS=' ' read -r -u "${__EBD_FD_CONTROL_IN}" -a words || return 1
	(( ${#words[@]} >= 3 )) || return 2
	__ebd_id=${words[0]} __ebd_verb=${words[1]} length=${words[-1]} __ebd_payload=
	# No frame is as long as a number of more digits says, and bash would not understand some of those.
	[[ ${length} == [0-9]* && ${__ebd_id} == [0-9]* && ${__ebd_id}${length} != *[!0-9]* && ${#length} -le 8 ]] || return 2
	(( length == 0 )) && return 0
	IFS='' read -r -N "${length}" -u "${__EBD_FD_CONTROL_IN}" __ebd_payload || return 1
	(( ${#__ebd_payload} == length )) || return 2
}

# @FUNCTION: __ebd_write_frame
# @USAGE: <fd> <header without length> <payload>
# @RETURN: 0, or 1 when the channel cannot be written
# @DESCRIPTION:
# Writes one frame. The payload's length is counted in bytes, for which the locale must be C; processors are
# started that way and __ebd_locale_is_c is checked where an ebuild may have changed it.
__ebd_write_frame() {
	builtin printf '%s %d\n%s' "$2" "${#3}" "$3" >&"$1"
}

# @FUNCTION: __ebd_locale_is_c
# @RETURN: 0 when string lengths are byte counts, 1 otherwise
__ebd_locale_is_c() {
	local probe=$'\xc3\xa9'
	(( ${#probe} == 2 ))
}
