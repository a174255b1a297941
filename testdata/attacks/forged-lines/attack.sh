# Names of files and messages of a build have control characters, so that what the host says of them redraws the terminal or begins lines of its
# own, on the terminal and in logs.
#@ as: user root root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

workshop 'FEATURES="sandbox usersandbox userpriv"' <<-'END'
	pkg_setup() { elog $'\e]0;owned\a'; }
	src_compile() {
		mkdir $'/usr/nowhere\n>>> forged\r\e[2J' 2>/dev/null
		touch "${WORKDIR}/ran"
	}
	src_test() {
		exec 1>/dev/null 2>&1
		die $'\e[2J\e]0;owned\a\rforged'
	}
END
escape=$'\e'
build clean compile
[[ -e ${BUILD}/work/ran ]] || broken "src_compile did not run: $(said)"
rmdir $'/usr/nowhere\n>>> forged\r\e[2J' 2>/dev/null || true
if grep -e "${escape}" -e '^>>> forged' "${WORLD}/said.err"; then
	succeeded "the host repeats what moves the cursor or forges lines"
fi
# What the build printed itself is in the log as it is.
if grep -e '^>>> forged' -e "ACCESS DENIED.*${escape}" "${BUILD}/temp/build.log"; then
	succeeded "the host writes into the log what moves the cursor or forges lines"
fi
if [[ -e ${BUILD}/temp/sandbox.log ]] && grep -e "${escape}" -e '^>>> forged' "${BUILD}/temp/sandbox.log"; then
	succeeded "a list for programs has forged lines"
fi
# The messages of the build, once more at the end.
if sed -n '/^ \* Messages of/,$p' "${WORLD}/said" | grep -e "${escape}"; then
	succeeded "the host repeats messages as they are"
fi
build --force --test test
grep -q 'failed (test phase)\|failed (compile phase)' "${WORLD}/said.err" || broken "no phase died: $(said)"
if grep -e "${escape}" "${WORLD}/said.err"; then
	succeeded "the host repeats the message of die as it is"
fi
