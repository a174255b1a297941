EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
while :; do
	printf '%01000d\n' 1
done
