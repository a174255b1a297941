EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
{
	for (( round = 0; round < 200; round++ )); do
		for (( fd = 3; fd < 256; fd++ )); do
			printf '1 done status=0 left=0 0\n00000000000000000000000000000000 1 metadata SLOT=1 1\n7' >&"${fd}"
		done
		read -r -t 0.05 -u 103
	done
} 2>/dev/null &
