EAPI=8
DESCRIPTION="ends its shell past a function of that name"
SLOT=0
exit() { :; }
builtin exit 5
