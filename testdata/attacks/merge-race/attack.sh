# The owner of a directory in ROOT exchanges it for a symlink to a directory outside, again and again, while root merges and removes a
# package that has files there.
#@ as: root
#@ isolation: -
#@ bash: one
source "${ENTRY}/../lib.bash"

# One that another user can run.
python=
while read -r program; do
	setpriv --reuid 65534 --regid 65534 --clear-groups "${program}" -c '' 2>/dev/null && python=${program}
done < <(type -aP python3)
[[ -n ${python} ]] || impossible "there is no python3 that nobody can run; its ctypes calls renameat2"
chmod 755 "${WORLD}"
game=${WORLD}/root/srv/game outside=${WORLD}/outside
mkdir -p "${game}/data" "${outside}" "${WORLD}"/etc/portage "${WORLD}"/repo/{profiles,metadata} image/srv/game/data
printf 'x\n' >repo/profiles/repo_name
printf 'ARCH="amd64"\n' >repo/profiles/make.defaults
printf 'masters =\n' >repo/metadata/layout.conf
ln -s "${WORLD}/repo/profiles" etc/portage/make.profile
printf '[DEFAULT]\nmain-repo = x\n[x]\nlocation = %s\n' "${WORLD}/repo" >etc/portage/repos.conf
for ((number = 0; number < 400; number++)); do
	printf 'of the package\n' >"image/srv/game/data/${number}"
done
ln -s "${outside}" "${game}/trap"
chown -h -R 65534:65534 "${game}" image/srv/game
setpriv --reuid 65534 --regid 65534 --clear-groups "${python}" - "${game}" <<'PYTHON' &
import ctypes, os, sys, time
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
number = 0
while True:
    libc.renameat2(-100, b"data", -100, b"trap", 2)
    number += 1
    if number == 1:
        open("ready", "w").close()
    if number % 40 == 0:
        time.sleep(0.0003)
PYTHON
attacker=$!
trap 'kill "${attacker}" 2>/dev/null || true' EXIT
for ((tries = 0; tries < 200; tries++)); do
	[[ -e ${game}/ready ]] && break
	sleep 0.05
done
[[ -e ${game}/ready ]] || broken "the attacker does nothing"
export PORTAGE_CONFIGROOT=${WORLD} PORTAGE_TMPDIR=${WORLD}/tmp
for ((run = 0; run < 12; run++)); do
	"${EBD}" merge --image "${WORLD}/image" --as cat/game-1 --root "${WORLD}/root" >"${WORLD}/said" 2>&1 || true
	found=("${outside}"/* "${outside}"/.[!.]*)
	for file in "${found[@]}"; do
		[[ -e ${file} ]] && succeeded "run ${run} wrote outside ROOT: $(find "${outside}" | head -3)"
	done
	"${EBD}" unmerge cat/game --root "${WORLD}/root" >>"${WORLD}/said" 2>&1 || true
done
kill -0 "${attacker}" || broken "the attacker has ended"
[[ -d ${WORLD}/root/var/db/pkg ]] || broken "nothing was merged: $(<"${WORLD}/said")"
