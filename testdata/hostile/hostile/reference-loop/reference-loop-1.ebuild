EAPI=8
DESCRIPTION="references to each other"
SLOT=0
declare -n A=B
declare -n B=A
A=1
