# src_install puts symlinks out of the image where debug information of its programs goes when they are stripped.
#@ as: user root root-user
#@ bash: one
source "${ENTRY}/../lib.bash"

type -P objcopy strip >/dev/null || impossible "there is no objcopy"
mkdir -p outside/usr/bin outside/usr/sbin
echo intact >outside/usr/bin/true.debug
echo intact >outside/file
before=$(find outside | sort)
for way in "ln -s '${WORLD}/outside' lib/debug" "mkdir -p lib/debug/usr/bin && ln -s '${WORLD}/outside/file' lib/debug/usr/bin/true.debug"; do
	rm -rf repo etc
	workshop 'FEATURES="sandbox usersandbox userpriv splitdebug"' <<-END
		src_install() {
			mkdir -p "\${D}"/usr/{lib,bin} || die
			cd "\${D}/usr" || die
			cp "\$(type -P true)" bin/true || die
			${way} || die
			touch "\${T}/ran"
		}
	END
	build clean install
	[[ -e ${BUILD}/temp/ran ]] || broken "src_install did not run: $(said)"
	[[ $(find outside | sort) == "${before}" ]] || succeeded "the host left the image: $(find outside | sort)"
	[[ $(<outside/usr/bin/true.debug)$(<outside/file) == intactintact ]] || succeeded "the host wrote through a symlink: $(file outside/file outside/usr/bin/true.debug)"
done
