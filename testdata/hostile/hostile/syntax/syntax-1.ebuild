EAPI=8
DESCRIPTION="does not parse"
SLOT=0
if true; then
