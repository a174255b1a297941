EAPI=8
DESCRIPTION="Hostile"
SLOT=0
x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab
while :; do
	[[ ${x} =~ a*a*a*a*c ]]
done
