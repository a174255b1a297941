EAPI=8
DESCRIPTION="says that it is done"
SLOT=0
printf '0 done 0\n' >&101
:
