# A build writes into the channel on which another one of the same user waits for its host's answers: has_version says that a package is installed.
#@ as: user root-user
#@ isolation: auto none
#@ bash: one
source "${ENTRY}/../lib.bash"

machine repo
common=(--root "${ROOT}" --isolation "${ISOLATION}")
[[ -z ${EBD_USER} ]] || common+=(--user "${EBD_USER}" --unprivileged-setup)
"${EBD}" run "${ENTRY}/repo/cat/victim/victim-0.ebuild" setup "${common[@]}" >"${WORLD}/victim" 2>&1 &
victim=$!
await "${WORLD}/seen/victim-runs" 60 || broken "the victim does not run: $(<"${WORLD}/victim")"
"${EBD}" run "${ENTRY}/repo/cat/evil/evil-0.ebuild" setup "${common[@]}" >"${WORLD}/evil" 2>&1 || true
: >"${WORLD}/seen/evil-is-done"
ended=0
wait "${victim}" || ended=$?
[[ -e ${WORLD}/seen/evil-runs ]] || broken "the attacker did not run: $(<"${WORLD}/evil")"
[[ -e ${WORLD}/seen/answer ]] || broken "the victim has status ${ended}: $(<"${WORLD}/victim")"
[[ $(<"${WORLD}/seen/answer") == missing ]] || succeeded "the other build believes that a package is installed that is not"
