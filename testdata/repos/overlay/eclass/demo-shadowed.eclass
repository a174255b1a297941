# @ECLASS: demo-shadowed.eclass
# @BLURB: shadows the one of the master

DESCRIPTION="From the overlay's eclass"
IUSE="of-overlay"
