EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
IUSE="a"
if [[ ${IUSE} == a ]; then
	IUSE="b"
fi fi
