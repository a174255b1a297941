EAPI=8
DESCRIPTION="inherits the same eclass a hundred thousand times"
SLOT=0
for (( i = 0; i < 100000; i++ )); do inherit hostile-empty; done
