# A build puts something else in the place of the file in which its shell prints itself, and has it printed elsewhere: a FIFO, for which the host
# would wait for ever, a device without an end, or a symlink to a file that only the host's user may read.
#@ as: user root root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -m 700 secret
printf 'TOKEN=(geheim\n' >secret/file
# shellcheck disable=SC2016 # for the ebuild
for way in 'mkfifo "${T}/.ebd-environment"' "ln -s '${WORLD}/secret/file' \"\${T}/.ebd-environment\"" 'ln -s /dev/zero "${T}/.ebd-environment"'; do
	rm -rf repo etc
	workshop 'FEATURES="sandbox usersandbox userpriv"' <<-END
		src_compile() {
			rm -f "\${T}/.ebd-environment"
			${way} || die
			__ebd_dump=\${T}/elsewhere
			touch "\${WORKDIR}/ran"
		}
	END
	build clean compile --phase-timeout 20
	[[ -e ${BUILD}/work/ran ]] || broken "src_compile did not run: $(said)"
	(( STATUS != 137 )) || succeeded "the host does not end: ${way}"
	if said | grep geheim; then
		succeeded "the host shows a file that the build cannot read"
	fi
	if cmp -s secret/file "${BUILD}/temp/environment"; then
		succeeded "the host took a file that the build cannot read for an environment"
	fi
done
