EAPI=8
DESCRIPTION="Hostile"
SLOT=0
x=aaaaaaaaaaaaaaaa
while :; do
	x=${x//a/${x}}
done
