EAPI=8
DESCRIPTION="a job that outlives it"
SLOT=0
while :; do :; done &
