EAPI=8
DESCRIPTION="kills its own shell"
SLOT=0
kill -9 "${BASHPID}"
