EAPI=8
DESCRIPTION="stops its own shell"
SLOT=0
kill -STOP "${BASHPID}"
