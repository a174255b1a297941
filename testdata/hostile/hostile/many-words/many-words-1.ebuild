EAPI=8
DESCRIPTION="braces for a hundred million words"
SLOT=0
A=( {1..100000000} )
