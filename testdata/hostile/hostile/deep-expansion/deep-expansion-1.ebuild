EAPI=8
DESCRIPTION="an expansion of thousands of levels"
SLOT=0
f() { eval "A=\${A:-\$(f)}"; }
f
