EAPI=8
DESCRIPTION="a line that looks like one of the cache"
SLOT=0
LICENSE=$'x\n_md5_=0'
