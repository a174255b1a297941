EAPI=8
DESCRIPTION="Answers what another build asks its host"
SLOT=0
S=${WORKDIR}
pkg_setup() {
	: >"${WITNESS}/evil-runs"
	local pid number
	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		for number in 107 108 109 110 111; do
			[[ -e /proc/${pid}/fd/${number} && ${pid} != "$$" ]] || continue
			: >"${WITNESS}/channel-found"
			( printf '0 0 0\n' >"/proc/${pid}/fd/${number}" ) &
		done
	done 2>/dev/null
	sleep 1
	kill $(jobs -p) 2>/dev/null
	return 0
}
