EAPI=8
DESCRIPTION="signals a process of root"
SLOT=0
kill -TERM 1
