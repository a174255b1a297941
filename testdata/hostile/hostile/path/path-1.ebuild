EAPI=8
DESCRIPTION="another PATH, and a program"
SLOT=0
PATH=/bin:/usr/bin
ls
