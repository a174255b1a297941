EAPI=8
DESCRIPTION="a function named read"
SLOT=0
read() { REPLY=x; }
