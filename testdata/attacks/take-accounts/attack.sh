# Packages that may have accounts made change those of others: groups as good as root, login shells, homes, removal. An ordinary package can still have
# an account of its own.
#@ as: root-user
#@ isolation: auto
#@ bash: one
source "${ENTRY}/../lib.bash"

[[ -x /usr/sbin/useradd ]] || impossible "this machine has no /usr/sbin/useradd"
machine repo
cp -r "${ROOT}/etc" "${WORLD}/before"
for package in acct-user/evil acct-user/portage cat/overlay; do
	"${EBD}" run "${ENTRY}/repo/${package}/${package#*/}-0.ebuild" setup --root "${ROOT}" --isolation "${ISOLATION}" --user "${EBD_USER}" \
		--unprivileged-setup >>"${WORLD}/said" 2>&1 || broken "${package}: $(<"${WORLD}/said")"
done
[[ -e ${WORLD}/seen/evil-runs && -e ${WORLD}/seen/own-runs ]] || broken "the attackers did not run: $(<"${WORLD}/said")"
grep -q '^service:' "${ROOT}/etc/passwd" || broken "an ordinary package has no account of its own any more: $(<"${WORLD}/said")"
for file in passwd group; do
	# Of the accounts that were there, nothing but that `service` is in `audio` now.
	while IFS= read -r line; do
		[[ ${line} == audio:* ]] || grep -qxF -- "${line}" "${ROOT}/etc/${file}" ||
			succeeded "the line ${line} of ${file} is gone: $(diff "${WORLD}/before/${file}" "${ROOT}/etc/${file}")"
	done <"${WORLD}/before/${file}"
done
if grep -E '^(helper|helper2|mighty):|^kmem:' "${ROOT}/etc/passwd" "${ROOT}/etc/group"; then
	succeeded "an account as good as root was made"
fi
