EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
sed -e s/a/b/ Makefile
