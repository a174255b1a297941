EAPI=99
DESCRIPTION="an EAPI that nobody knows"
SLOT=0

