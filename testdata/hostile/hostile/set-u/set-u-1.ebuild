EAPI=8
DESCRIPTION="set -u"
SLOT=0
set -u
echo "${NOTHING}"
