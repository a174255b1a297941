# pkg_setup, which runs as the build user and has the host make accounts, puts a symlink in the place of the log: the host notes the call there.
#@ as: root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -m 700 secret
echo intact >secret/crontab
workshop 'FEATURES="sandbox usersandbox userpriv"' <<-END
	pkg_setup() {
		rm -f "\${T}/build.log"
		ln -s "${WORLD}/secret/crontab" "\${T}/build.log" || die
		useradd $'evil\n* * * * * root touch /owned'
		touch "\${T}/ran"
		true
	}
END
build --unprivileged-setup clean setup
[[ -e ${BUILD}/temp/ran ]] || broken "pkg_setup did not run: $(said)"
[[ $(<secret/crontab) == intact ]] || succeeded "the host wrote through a symlink: $(<secret/crontab)"
