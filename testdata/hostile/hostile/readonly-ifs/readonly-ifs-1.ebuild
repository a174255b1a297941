EAPI=8
DESCRIPTION="IFS cannot be changed any more"
SLOT=0
readonly IFS
