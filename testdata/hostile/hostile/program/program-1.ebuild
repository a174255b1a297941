EAPI=8
DESCRIPTION="runs a program by its path"
SLOT=0
/bin/touch /tmp/ebd-hostile
