EAPI=8
DESCRIPTION="A package that may have users made, and takes a while"
SLOT=0
S=${WORKDIR}
pkg_setup() {
	: >"${WITNESS}/victim-runs"
	# A program, whose environment names the socket.
	local i
	for (( i = 0; i < 600; i++ )); do
		[[ -e ${WITNESS}/evil-is-done ]] && break
		sleep 0.1
	done
}
