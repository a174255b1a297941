EAPI=8
DESCRIPTION="an expression that takes exponential time"
SLOT=0
A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
[[ ${A} =~ ^(a*)*b$ ]]
:
