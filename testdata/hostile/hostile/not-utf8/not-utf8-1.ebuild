EAPI=8
DESCRIPTION="bytes that are not UTF-8"
SLOT=0
IUSE=$'\xff'
