EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
f() { die "inside a substitution"; }
IUSE="$(f)"
echo "unreachable"
