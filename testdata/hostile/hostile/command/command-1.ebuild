EAPI=8
DESCRIPTION="runs a program by its name"
SLOT=0
touch /tmp/ebd-hostile
