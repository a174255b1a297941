EAPI=8
DESCRIPTION="dies"
SLOT=0
die 'of its own will'
