EAPI=8
DESCRIPTION="names that refer to each other"
SLOT=0
A=B B=A
SLOT=$((A))
