EAPI=8
DESCRIPTION="its last command fails"
SLOT=0
false
