EAPI=8

DESCRIPTION="Knows what day it is"
SLOT="0"
TODAY=$(/bin/date +%F)
