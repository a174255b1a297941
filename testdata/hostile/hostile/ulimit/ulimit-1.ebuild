EAPI=8
DESCRIPTION="another limit"
SLOT=0
ulimit -f 0
