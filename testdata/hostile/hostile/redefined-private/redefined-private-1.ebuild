EAPI=8
DESCRIPTION="a function of the library"
SLOT=0
__ebd_write_frame() { :; }
