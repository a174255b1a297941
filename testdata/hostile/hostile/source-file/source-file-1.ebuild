EAPI=8
DESCRIPTION="sources a file"
SLOT=0
source /etc/passwd
