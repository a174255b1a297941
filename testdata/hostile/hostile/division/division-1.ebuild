EAPI=8
DESCRIPTION="a division by zero"
SLOT=0
SLOT=$((1/0))
