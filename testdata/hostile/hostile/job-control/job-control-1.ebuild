EAPI=8
DESCRIPTION="a background job in a group of its own"
SLOT=0
set -m
while :; do :; done &
disown
