EAPI=8
DESCRIPTION="a file for every bash"
SLOT=0
export BASH_ENV=/etc/passwd
