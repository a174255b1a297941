EAPI=8
DESCRIPTION="a number of two gigabytes"
SLOT=0
printf -v A '%02147483647d' 1
