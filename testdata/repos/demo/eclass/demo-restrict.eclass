# @ECLASS: demo-restrict.eclass
# @SUPPORTED_EAPIS: 0 1 2 3 4 5 6 7 8
# @BLURB: values that accumulate from EAPI 8 on

RESTRICT="mirror"
PROPERTIES="live"
REQUIRED_USE="doc? ( chain )"
IUSE="doc chain"
