EAPI=8
DESCRIPTION="a variable without end"
SLOT=0
A=x
while :; do A=${A}${A}; done
