# A build finds the socket of another one in /proc/PID/environ, and the channels of its shell in /proc/PID/fd, and has that one's host make a user in the
# group of raw disks.
#@ as: root-user
#@ isolation: auto strict none
#@ bash: one
source "${ENTRY}/../lib.bash"

[[ -x /usr/sbin/useradd ]] || impossible "this machine has no /usr/sbin/useradd"
machine repo
common=(--root "${ROOT}" --isolation "${ISOLATION}" --user "${EBD_USER}" --unprivileged-setup)
"${EBD}" run "${ENTRY}/repo/acct-user/victim/victim-0.ebuild" setup "${common[@]}" >"${WORLD}/victim" 2>&1 &
victim=$!
await "${WORLD}/seen/victim-runs" 60 || broken "the victim does not run: $(<"${WORLD}/victim")"
"${EBD}" run "${ENTRY}/repo/cat/evil/evil-0.ebuild" compile "${common[@]}" >"${WORLD}/evil" 2>&1 || true
: >"${WORLD}/seen/evil-is-done"
ended=0
wait "${victim}" || ended=$?
[[ -e ${WORLD}/seen/evil-runs ]] || broken "the attacker did not run: $(<"${WORLD}/evil")"
if grep -r stolen "${ROOT}/etc"; then
	succeeded "another build's host made the user"
fi
(( ended == 0 )) || succeeded "the other build failed: $(<"${WORLD}/victim")"
