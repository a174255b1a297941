EAPI=8
DESCRIPTION="a pattern that takes exponential time"
SLOT=0
shopt -s extglob
A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
[[ ${A} == *(a|aa|aaa)b ]]
:
