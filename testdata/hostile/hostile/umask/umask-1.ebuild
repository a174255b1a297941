EAPI=8
DESCRIPTION="another umask"
SLOT=0
umask 777
