EAPI=8
DESCRIPTION="a text that evaluates itself"
SLOT=0
A='eval "${A}"'
eval "${A}"
