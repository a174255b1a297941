# A build puts symlinks in the place of its logs, which the host opens anew for each phase, so that its output ends in a file that only the
# host's user may write: a crontab, say.
#@ as: user root root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -m 700 secret
echo intact >secret/crontab
echo intact >secret/other
echo intact >secret/third
workshop 'FEATURES="sandbox usersandbox userpriv"' <<-END
	src_prepare() { default; rm -f "\${T}/build.log"; ln -s "${WORLD}/secret/crontab" "\${T}/build.log" || die; }
	src_configure() { echo '* * * * * root touch /owned'; touch "\${WORKDIR}/ran"; }
	src_compile() {
		ln -s "${WORLD}/secret/other" "\${T}/sandbox.log" || die
		mkdir \$'/usr/nowhere\n* * * * * root touch /owned' 2>/dev/null
		# Written by src_install, which runs as root.
		ln -s "${WORLD}/secret/third" "\${T}/logging/install" || die
		touch "\${WORKDIR}/ran-too"
	}
	src_install() { elog '* * * * * root touch /owned'; }
END
build clean install
build install
[[ -e ${BUILD}/work/ran && -e ${BUILD}/work/ran-too ]] || broken "the phases did not run: $(said)"
rmdir $'/usr/nowhere\n* * * * * root touch /owned' 2>/dev/null || true
for file in secret/*; do
	[[ $(<"${file}") == intact ]] || succeeded "the host wrote through a symlink: $(<"${file}")"
done
