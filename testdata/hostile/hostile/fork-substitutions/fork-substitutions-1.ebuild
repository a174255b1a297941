EAPI=8
DESCRIPTION="substitutions in substitutions"
SLOT=0
f() { A=$(f)$(f); }
f
