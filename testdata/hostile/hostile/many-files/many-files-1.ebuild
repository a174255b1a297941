EAPI=8
DESCRIPTION="ten thousand files in the temporary folder"
SLOT=0
for i in {1..10000}; do : >"${TMPDIR}/file${i}"; done
