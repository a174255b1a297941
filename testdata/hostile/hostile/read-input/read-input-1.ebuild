EAPI=8
DESCRIPTION="reads its input"
SLOT=0
read -r A || :
