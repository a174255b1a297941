EAPI=8
DESCRIPTION="a coprocess"
SLOT=0
coproc while :; do :; done
