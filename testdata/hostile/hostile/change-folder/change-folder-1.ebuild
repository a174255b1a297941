EAPI=8
DESCRIPTION="goes elsewhere"
SLOT=0
cd /
