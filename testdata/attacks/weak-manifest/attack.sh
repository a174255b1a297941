# A Manifest has nothing but MD5 and SHA1 of a distfile, and the file is a forged one that has the same.
#@ as: user root
#@ isolation: -
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -p etc/portage repo/{profiles,metadata,cat/p} root distfiles
printf 'x\n' >repo/profiles/repo_name
printf 'cat\n' >repo/profiles/categories
printf 'ARCH="amd64"\n' >repo/profiles/make.defaults
printf 'masters =\nthin-manifests = true\n' >repo/metadata/layout.conf
ln -s "${WORLD}/repo/profiles" etc/portage/make.profile
printf '[DEFAULT]\nmain-repo = x\n[x]\nlocation = %s\n' "${WORLD}/repo" >etc/portage/repos.conf
printf 'forged\n' >distfiles/p-1.txt
md5=$(md5sum <distfiles/p-1.txt)
sha1=$(sha1sum <distfiles/p-1.txt)
printf 'DIST p-1.txt 7 MD5 %s SHA1 %s\n' "${md5%% *}" "${sha1%% *}" >repo/cat/p/Manifest
cat >repo/cat/p/p-1.ebuild <<EBUILD
EAPI=8
DESCRIPTION="Uses a distfile"
SRC_URI="file:///nowhere/p-1.txt"
SLOT="0"
S=\${WORKDIR}
src_unpack() { cat "\${DISTDIR}"/p-1.txt >"${WORLD}"/tmp/unpacked; }
EBUILD
export PORTAGE_CONFIGROOT=${WORLD} PORTAGE_TMPDIR=${WORLD}/tmp DISTDIR=${WORLD}/distfiles
"${EBD}" run repo/cat/p/p-1.ebuild --root "${WORLD}/root" --isolation none ${EBD_USER:+--user "${EBD_USER}"} unpack >said 2>&1 || true
[[ ! -e ${WORLD}/tmp/unpacked ]] || succeeded "a forged distfile was used: $(<"${WORLD}/tmp/unpacked")"
grep -q 'weak' said || broken "$(<said)"
