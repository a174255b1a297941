EAPI=8
DESCRIPTION="Changes accounts of others"
SLOT=0
S=${WORKDIR}
pkg_setup() {
	: >"${WITNESS}/evil-runs"
	usermod --append --groups disk,shadow,docker portage
	usermod --append --groups disk portage
	usermod --append --groups sudo portage
	usermod --gid disk portage
	usermod --shell /bin/bash nobody
	usermod --home /tmp nobody
	userdel messagebus
	groupdel messagebus
	useradd --system --groups disk helper
	useradd --system --gid 6 helper2
	groupadd --system kmem
	return 0
}
