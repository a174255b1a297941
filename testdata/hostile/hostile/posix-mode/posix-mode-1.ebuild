EAPI=8
DESCRIPTION="POSIX mode"
SLOT=0
set -o posix
