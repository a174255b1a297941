# An ebuild in bash opens the channels of its worker, the parent of its shell, through /proc, reads the request for the package that comes next, and
# answers it.
#@ as: user root root-user
#@ isolation: auto strict none
#@ bash: both
source "${ENTRY}/../lib.bash"

for depth in 1 2 3; do
	regen repo -f
	[[ $(value cat/aa-evil-1 DESCRIPTION) == Answers* ]] || grep -q aa-evil "${WORLD}/said" || broken "cat/aa-evil-1 was not sourced: $(<"${WORLD}/said")"
	if grep -r backdoor "${WORLD}/out"; then
		succeeded "an entry has a dependency that no ebuild has (run ${depth})"
	fi
	[[ $(value cat/bb-victim-1 RDEPEND) == cat/good ]] || succeeded "cat/bb-victim-1 lost its entry: $(<"${WORLD}/said")"
done
