EAPI=8
DESCRIPTION="fills the temporary folder"
SLOT=0
A=0123456789abcdef
for i in {1..16}; do A=${A}${A}; done
for i in {1..100}; do echo "${A}" >"${TMPDIR}/file${i}"; done
