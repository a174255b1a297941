# src_install puts a symlink in the place of D itself: the host would finish another directory as if it were the image, compress what is in
# it, and remove what is empty.
#@ as: user root root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

mkdir -p outside/usr/share/doc/evil-1 outside/var/empty
printf 'intact\n%.0s' {1..50} >outside/usr/share/doc/evil-1/file
mkdir outside/usr/share/info
echo intact >outside/usr/share/info/dir
before=$(find outside | sort)
workshop 'FEATURES="sandbox usersandbox userpriv"' 'PORTAGE_COMPRESS="gzip"' <<-END
	src_install() {
		cd "\${D%/}/.." || die
		rmdir image && ln -s "${WORLD}/outside" image || die
		touch "\${T}/ran"
	}
END
build clean install
[[ -e ${BUILD}/temp/ran ]] || broken "src_install did not run: $(said)"
[[ $(find outside | sort) == "${before}" ]] || succeeded "the host changed another directory: $(find outside | sort)"
