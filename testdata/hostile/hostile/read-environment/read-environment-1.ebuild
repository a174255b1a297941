EAPI=8
DESCRIPTION="reads the environment of others"
SLOT=0
read -r A < /proc/1/environ
