# A binary package of some kilobytes unpacks to a file of 1 GiB. Where the size of files is limited, what was written of it must not stay.
#@ as: user root
#@ isolation: -
#@ bash: one
source "${ENTRY}/../lib.bash"

for program in zstd tar b2sum bzip2; do
	type -P "${program}" >/dev/null || impossible "there is no ${program}"
done
mkdir -p etc/portage repo/{profiles,metadata} root p-1 metadata image
printf 'x\n' >repo/profiles/repo_name
printf 'ARCH="amd64"\n' >repo/profiles/make.defaults
printf 'masters =\n' >repo/metadata/layout.conf
ln -s "${WORLD}/repo/profiles" etc/portage/make.profile
printf '[DEFAULT]\nmain-repo = x\n[x]\nlocation = %s\n' "${WORLD}/repo" >etc/portage/repos.conf
printf 'cat\n' >metadata/CATEGORY
printf 'p-1\n' >metadata/PF
printf '8\n' >metadata/EAPI
printf '0\n' >metadata/SLOT
printf 'x\n' >metadata/repository
printf -- '-\n' >metadata/DEFINED_PHASES
printf 'declare -x PF="p-1"\n' | bzip2 >metadata/environment.bz2
truncate -s 1G image/zeros
tar -cf - metadata | zstd -q -o p-1/metadata.tar.zst
tar --format=gnu -cf - image | zstd -q -o p-1/image.tar.zst
: >p-1/gpkg-1
for part in gpkg-1 metadata.tar.zst image.tar.zst; do
	sum=$(b2sum <"p-1/${part}")
	printf 'DATA %s %s BLAKE2B %s\n' "${part}" "$(stat -c %s "p-1/${part}")" "${sum%% *}"
done >p-1/Manifest
tar --format=ustar -cf p-1.gpkg.tar p-1/gpkg-1 p-1/metadata.tar.zst p-1/image.tar.zst p-1/Manifest
[[ $(stat -c %s p-1.gpkg.tar) -lt 1000000 ]] || broken "the package is large"

export PORTAGE_CONFIGROOT=${WORLD} PORTAGE_TMPDIR=${WORLD}/tmp
# Blocks of 1 KiB: files of 200 MiB.
status=0
(
	ulimit -f 204800
	exec "${EBD}" merge p-1.gpkg.tar --root "${WORLD}/root"
) >said 2>&1 || status=$?
((status < 128)) || succeeded "ebd was ended by a signal (${status}); left: $(du -sm "${WORLD}/tmp" "${WORLD}/root")"
left=$(du -sm "${WORLD}/tmp" | cut -f1)
((left < 80)) || succeeded "${left} MiB are left in the temporary directory: $(<said)"
"${EBD}" merge p-1.gpkg.tar --root "${WORLD}/root" >said 2>&1 && succeeded "a package of some kilobytes has unpacked to 1 GiB: $(<said)"
left=$(du -sm "${WORLD}/tmp" | cut -f1)
((left < 80)) || succeeded "${left} MiB are left in the temporary directory: $(<said)"
[[ ! -e ${WORLD}/root/zeros ]] || succeeded "it was merged"
grep -q 'unpack' said || broken "$(<said)"
