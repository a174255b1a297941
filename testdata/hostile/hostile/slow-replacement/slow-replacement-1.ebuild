EAPI=8
DESCRIPTION="Hostile"
SLOT=0
x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
while :; do
	y=${x//a*b/}
done
