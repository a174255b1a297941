EAPI=8
DESCRIPTION="three thousand variables"
SLOT=0
for i in {1..3000}; do export "V${i}=${i}"; done
unset i
