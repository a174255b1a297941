EAPI=8
DESCRIPTION="dies in a subshell"
SLOT=0
A=$( die 'in a subshell' )
