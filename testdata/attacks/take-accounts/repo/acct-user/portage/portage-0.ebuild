EAPI=8
DESCRIPTION="Has the name of an account that somebody else made"
SLOT=0
S=${WORKDIR}
pkg_setup() {
	: >"${WITNESS}/own-runs"
	usermod --append --groups disk portage
	usermod --shell /bin/bash --home /tmp portage
	usermod --unlock portage
	userdel portage
	return 0
}
