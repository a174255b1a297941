EAPI=8
DESCRIPTION="prints to what is closed"
SLOT=0
{ echo x; } >&-
:
