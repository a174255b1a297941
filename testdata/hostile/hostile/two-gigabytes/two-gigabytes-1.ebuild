EAPI=8
DESCRIPTION="two gigabytes at once"
SLOT=0
printf -v A '%2000000000s' x
