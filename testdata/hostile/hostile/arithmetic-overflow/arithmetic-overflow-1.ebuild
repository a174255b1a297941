EAPI=8
DESCRIPTION="the quotient that does not fit"
SLOT=0
SLOT=$(( (-9223372036854775807 - 1) / -1 ))
SLOT=0
