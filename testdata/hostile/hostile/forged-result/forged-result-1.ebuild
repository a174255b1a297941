EAPI=8
DESCRIPTION="answers for another"
SLOT=0
printf '1 result nonce=0 3\nabc' >&102
:
