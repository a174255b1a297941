EAPI=8
DESCRIPTION="reads a file"
SLOT=0
A=$(</etc/passwd)
