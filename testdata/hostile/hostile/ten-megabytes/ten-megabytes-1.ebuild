EAPI=8
DESCRIPTION="ten megabytes in a variable"
SLOT=0
A=0123456789
for i in {1..20}; do A=${A}${A}; done
unset A i
