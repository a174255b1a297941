# An eclass that dies below two functions.

dies_inner() {
	die "dies.eclass: no ${1}"
}

dies_outer() {
	dies_inner "luck"
}

dies_outer
