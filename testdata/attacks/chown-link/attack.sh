# A build puts a symlink in the place of a directory in T, which the host gives to the build user when the build goes on.
#@ as: root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -m 700 secret
echo intact >secret/file
workshop 'FEATURES="sandbox usersandbox userpriv"' <<-END
	src_compile() {
		rm -rf "\${T}/logging"
		ln -s "${WORLD}/secret" "\${T}/logging" || die
		touch "\${WORKDIR}/ran"
		die
	}
END
build clean compile
build compile
[[ -e ${BUILD}/work/ran ]] || broken "src_compile did not run: $(said)"
[[ $(stat -c %u secret) == 0 ]] || succeeded "the host gave a directory away: $(stat -c '%n belongs to %U' secret)"
