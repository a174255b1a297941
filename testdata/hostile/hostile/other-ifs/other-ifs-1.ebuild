EAPI=8
DESCRIPTION="IFS is another"
SLOT=0
IFS=abc
IUSE="xay"
