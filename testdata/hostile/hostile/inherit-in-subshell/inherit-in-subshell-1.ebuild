EAPI=8
DESCRIPTION="an eclass in a subshell"
SLOT=0
( inherit hostile-empty )
