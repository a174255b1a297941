EAPI=8
DESCRIPTION="a builtin with the name of a program"
SLOT=0
hash -p /bin/ls printf
