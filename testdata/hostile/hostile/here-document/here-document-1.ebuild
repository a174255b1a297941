EAPI=8
DESCRIPTION="a here-document of a hundred megabytes"
SLOT=0
A=0123456789abcdef
for i in {1..22}; do A=${A}${A}; done
read -r B <<<"${A}${A}"
