EAPI=8
DESCRIPTION="lists files"
SLOT=0
A=( /etc/* )
