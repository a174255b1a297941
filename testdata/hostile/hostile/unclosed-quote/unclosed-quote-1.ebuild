EAPI=8
DESCRIPTION="a quote without an end"
SLOT=0
A="
