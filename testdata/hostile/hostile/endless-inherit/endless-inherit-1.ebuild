EAPI=8
DESCRIPTION="inherits without end"
SLOT=0
while :; do inherit hostile-empty; done
