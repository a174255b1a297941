EAPI=8
DESCRIPTION="kills the program that started its processor"
SLOT=0
kill -9 "${PPID}"
