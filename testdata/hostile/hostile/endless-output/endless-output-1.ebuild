EAPI=8
DESCRIPTION="prints without end"
SLOT=0
while :; do echo "all work and no play"; done
