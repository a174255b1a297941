EAPI=8
DESCRIPTION="all options"
SLOT=0
for i in $(shopt | while read -r A B; do echo "${A}"; done); do shopt -s "${i}"; done
