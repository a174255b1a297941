EAPI=8
DESCRIPTION="a function named printf"
SLOT=0
printf() { :; }
