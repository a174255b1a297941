EAPI=8
DESCRIPTION="a read-only variable of the library"
SLOT=0
readonly __ebd_nonce=x
