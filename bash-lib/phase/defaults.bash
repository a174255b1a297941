# What phases do that the ebuild does not define. Which one an EAPI has for a phase is in generated/features.bash.
# shellcheck shell=bash

# @FUNCTION: __ebd_default_nofetch
# @DESCRIPTION:
# Lists the files that cannot be fetched.
__ebd_default_nofetch() {
	local file
	[[ ${A-} ]] || return 0
	elog "The following files cannot be fetched for ${PN}:"
	for file in ${A}; do
		elog "   ${file}"
	done
}

# @FUNCTION: __ebd_default_unpack
# @DESCRIPTION:
# Unpacks everything in A.
__ebd_default_unpack() {
	# shellcheck disable=SC2086 # a list of words
	[[ ${A-} ]] && unpack ${A}
	return 0
}

# @FUNCTION: __ebd_default_nothing
# @DESCRIPTION:
# Nothing.
__ebd_default_nothing() {
	:
}

# @FUNCTION: __ebd_default_prepare6
# @DESCRIPTION:
# Applies PATCHES, which may have options of patch, and the user's patches.
__ebd_default_prepare6() {
	if [[ ${PATCHES@a} == *a* ]]; then
		(( ${#PATCHES[@]} )) && eapply "${PATCHES[@]}"
	elif [[ ${PATCHES-} ]]; then
		# shellcheck disable=SC2086 # a list of words
		eapply ${PATCHES}
	fi
	eapply_user
}

# @FUNCTION: __ebd_default_prepare8
# @DESCRIPTION:
# Applies PATCHES, in which everything is a file, and the user's patches.
__ebd_default_prepare8() {
	if [[ ${PATCHES@a} == *a* ]]; then
		(( ${#PATCHES[@]} )) && eapply -- "${PATCHES[@]}"
	elif [[ ${PATCHES-} ]]; then
		# shellcheck disable=SC2086 # a list of words
		eapply -- ${PATCHES}
	fi
	eapply_user
}

# @FUNCTION: __ebd_default_configure
# @DESCRIPTION:
# Runs econf where there is a configure script.
__ebd_default_configure() {
	[[ -x ${ECONF_SOURCE:-.}/configure ]] && econf
	return 0
}

# @FUNCTION: __ebd_has_makefile
# @RETURN: 0 when the current folder has a makefile
__ebd_has_makefile() {
	[[ -f Makefile || -f GNUmakefile || -f makefile ]]
}

# @FUNCTION: __ebd_default_compile0
# @DESCRIPTION:
# Configures where there is ./configure, and builds.
__ebd_default_compile0() {
	[[ -x ./configure ]] && econf
	__ebd_default_compile2
}

# @FUNCTION: __ebd_default_compile1
# @DESCRIPTION:
# Configures where there is a configure script, and builds.
__ebd_default_compile1() {
	__ebd_default_configure
	__ebd_default_compile2
}

# @FUNCTION: __ebd_default_compile2
# @DESCRIPTION:
# Builds where there is a makefile.
__ebd_default_compile2() {
	if __ebd_has_makefile; then
		emake || die "emake failed"
	fi
	return 0
}

# @FUNCTION: __ebd_run_tests
# @USAGE: [<option of make>]
# @DESCRIPTION:
# Makes the target check, or else test, where the makefile has one.
__ebd_run_tests() {
	local target makeopts=${MAKEOPTS-}
	# A job server of make that runs above must not be reset.
	[[ ${MAKEFLAGS-} ]] && makeopts=
	for target in check test; do
		# shellcheck disable=SC2086 # options
		if ${MAKE:-make} ${makeopts} ${EXTRA_EMAKE-} "$@" "${target}" -n &>/dev/null; then
			builtin printf '%s\n' "${MAKE:-make} ${makeopts} ${EXTRA_EMAKE-} $* ${target}" >&2
			# shellcheck disable=SC2086 # options
			${MAKE:-make} ${makeopts} ${EXTRA_EMAKE-} "$@" "${target}" || die "make ${target} failed"
			return 0
		fi
	done
}

# @FUNCTION: __ebd_default_test_serial
# @DESCRIPTION:
# Runs the tests, one job at a time.
__ebd_default_test_serial() {
	__ebd_run_tests -j1
}

# @FUNCTION: __ebd_default_test_parallel
# @DESCRIPTION:
# Runs the tests.
__ebd_default_test_parallel() {
	__ebd_run_tests
}

# @FUNCTION: __ebd_default_install4
# @DESCRIPTION:
# Installs where there is a makefile, and DOCS.
__ebd_default_install4() {
	local file
	if __ebd_has_makefile; then
		emake DESTDIR="${D}" install
	fi
	if ! declare -p DOCS &>/dev/null; then
		for file in README* ChangeLog AUTHORS NEWS TODO CHANGES THANKS BUGS FAQ CREDITS CHANGELOG; do
			[[ -s ${file} ]] && dodoc "${file}"
		done
		return 0
	elif [[ ${DOCS@a} == *a* ]]; then
		dodoc "${DOCS[@]}"
	else
		# shellcheck disable=SC2086 # a list of words
		dodoc ${DOCS}
	fi
}

# @FUNCTION: __ebd_default_install6
# @DESCRIPTION:
# Installs where there is a makefile, and documentation.
__ebd_default_install6() {
	if __ebd_has_makefile; then
		emake DESTDIR="${D}" install
	fi
	einstalldocs
}
