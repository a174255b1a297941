EAPI=8
DESCRIPTION="waits for what never comes"
SLOT=0
exec {fd}<> <(:)
read -r -u "${fd}" A
