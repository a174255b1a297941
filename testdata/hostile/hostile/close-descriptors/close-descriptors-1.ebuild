EAPI=8
DESCRIPTION="closes everything"
SLOT=0
exec 0<&- 1>&- 2>&- 3>&- 100>&- 101>&- 102>&-
