EAPI=8
DESCRIPTION="an array of 300,000 elements"
SLOT=0
for ((i = 0; i < 300000; i++)); do A+=( x ); done
