EAPI=8
DESCRIPTION="A package that asks what is installed"
SLOT=0
S=${WORKDIR}
pkg_setup() {
	: >"${WITNESS}/victim-runs"
	local i
	for (( i = 0; i < 600; i++ )); do
		[[ -e ${WITNESS}/evil-is-done ]] && break
		sleep 0.1
	done
	if has_version cat/not-installed; then
		echo installed >"${WITNESS}/answer"
	else
		echo missing >"${WITNESS}/answer"
	fi
}
