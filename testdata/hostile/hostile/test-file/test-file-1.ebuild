EAPI=8
DESCRIPTION="asks for a file"
SLOT=0
[[ -e /etc/passwd ]] && IUSE=x
