EAPI=8
DESCRIPTION="A good package"
SLOT=0
RDEPEND="cat/good"
# Left to bash by the evaluation in the process.
VICTIM=$(printf '%s' "${FUNCNAME[@]}")
