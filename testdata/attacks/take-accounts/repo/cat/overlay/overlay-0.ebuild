EAPI=8
inherit user
DESCRIPTION="Has users made as ebuilds of overlays do"
SLOT=0
S=${WORKDIR}
pkg_setup() {
	enewuser service audio || die "the account was not made"
	enewuser mighty disk
	usermod --append --groups audio portage
	usermod --shell /bin/bash messagebus
	return 0
}
