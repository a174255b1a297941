# @ECLASS: demo-shadowed.eclass
# @BLURB: the overlay has one of the same name

DESCRIPTION="From demo's eclass"
IUSE="of-demo"
