# Configuring and building: econf and einstall. emake is a program.
# shellcheck shell=bash

# @FUNCTION: __ebd_help_has
# @USAGE: <option> [<character class>]
# @RETURN: 0 when the text of configure's help in `help` of the caller has the option
# @DESCRIPTION:
# The option must not be the beginning of a longer one.
__ebd_help_has() {
	[[ ${help} == *"$1"[^A-Za-z0-9+_.-]* ]]
}

# @FUNCTION: __ebd_econf_options
# @USAGE: <argument of econf>…
# @DESCRIPTION:
# Sets `options` of the caller to what econf passes before the ebuild's own arguments.
__ebd_econf_options() {
	local help='' libdir='' prefix='' word name=LIBDIR_${ABI-} prefix_root=
	__ebd_feature offset_prefix && prefix_root=${EPREFIX-}
	options=(
		--prefix="${prefix_root}/usr"
		${CBUILD:+--build="${CBUILD}"}
		--host="${CHOST-}"
		${CTARGET:+--target="${CTARGET}"}
		--mandir="${prefix_root}/usr/share/man"
		--infodir="${prefix_root}/usr/share/info"
		--datadir="${prefix_root}/usr/share"
		--sysconfdir="${prefix_root}/etc"
		--localstatedir="${prefix_root}/var/lib"
	)
	if __ebd_feature econf_dependency_tracking; then
		help=$("${ECONF_SOURCE}/configure" --help 2>/dev/null)$'\n'
	fi
	if __ebd_feature econf_datarootdir && [[ ${help} == *--datarootdir* ]]; then
		options+=(--datarootdir="${prefix_root}/usr/share")
	fi
	if __ebd_feature econf_dependency_tracking && __ebd_help_has --disable-dependency-tracking; then
		options+=(--disable-dependency-tracking)
	fi
	if __ebd_feature econf_silent_rules && __ebd_help_has --disable-silent-rules; then
		options+=(--disable-silent-rules)
	fi
	if __ebd_feature econf_disable_static && __ebd_help_has --enable-shared && __ebd_help_has --enable-static; then
		options+=(--disable-static)
	fi
	if __ebd_feature econf_docdir; then
		[[ ${help} == *--docdir* ]] && options+=(--docdir="${prefix_root}/usr/share/doc/${PF}")
		[[ ${help} == *--htmldir* ]] && options+=(--htmldir="${prefix_root}/usr/share/doc/${PF}/html")
	fi
	if __ebd_feature econf_sysroot && __ebd_help_has --with-sysroot; then
		options+=(--with-sysroot="${ESYSROOT:-/}")
	fi
	[[ ${ABI-} ]] && libdir=${!name-}
	[[ ${libdir} ]] || return 0
	prefix=${prefix_root}/usr
	for word; do
		[[ ${word} == --libdir=* ]] && return 0
		[[ ${word} == --prefix=* ]] && prefix=${word#*=}
	done
	for word; do
		[[ ${word} == --exec-prefix=* ]] && prefix=${word#*=}
	done
	libdir=/${prefix#/}/${libdir#/}
	options+=(--libdir="${libdir//\/\///}")
	# einstall looks at it.
	export CONF_PREFIX=${prefix}
}

# @FUNCTION: econf
# @USAGE: [<option of configure>…]
# @RETURN: the status of configure, where it returns
# @DESCRIPTION:
# Runs `${ECONF_SOURCE:-.}/configure` with the options that PMS lists, then the caller's, then EXTRA_ECONF. Dies in every
# EAPI when configure fails.
econf() {
	local -a options
	local status file
	: "${ECONF_SOURCE:=.}"
	[[ -f ${ECONF_SOURCE}/configure ]] || die "econf: no configure script in ${ECONF_SOURCE}"
	[[ -x ${ECONF_SOURCE}/configure ]] || die "econf: ${ECONF_SOURCE}/configure is not executable"
	if [[ ${CONFIG_SHELL-} ]]; then
		__ebd_set_interpreter "${ECONF_SOURCE}/configure"
	fi
	if [[ -d ${EPREFIX-}/usr/share/gnuconfig ]]; then
		while IFS= read -r -d '' file; do
			builtin printf ' * econf: updating %s with %s\n' \
				"${file#"${WORKDIR}"/}" "${EPREFIX-}/usr/share/gnuconfig/${file##*/}" >&2
			# Several may run at once.
			cp -f "${EPREFIX-}/usr/share/gnuconfig/${file##*/}" "${file}.${BASHPID}" && mv -f "${file}.${BASHPID}" "${file}"
		done < <(find "${WORKDIR}" -type f '(' -name config.guess -o -name config.sub ')' -print0)
	fi
	__ebd_econf_options "$@"
	eval "set -- \"\${options[@]}\" \"\$@\" ${EXTRA_ECONF-}"
	builtin printf '%s\n' "${ECONF_SOURCE}/configure $*" >&2
	if [[ ${__EBD_CONFCACHE-} ]]; then
		__ebd_configure_with_results "${ECONF_SOURCE}/configure" "$@"
	else
		"${ECONF_SOURCE}/configure" "$@"
	fi
	status=$?
	(( status == 0 )) && return 0
	[[ -s config.log ]] && builtin printf '\n!!! Please attach the following file when seeking support:\n!!! %s\n' \
		"${PWD}/config.log" >&2
	__ebd_feature helpers_die || die "econf failed"
	__ebd_fail "econf failed" "${status}"
}

# @FUNCTION: __ebd_set_interpreter
# @USAGE: <script>
# @DESCRIPTION:
# Makes a script that is for /bin/sh one for CONFIG_SHELL, and keeps its time.
__ebd_set_interpreter() {
	local script=$1 line copy=$1.ebd.${BASHPID}
	IFS= read -r line <"${script}"
	[[ ${line} =~ ^'#!'[[:space:]]*/bin/sh([[:space:]]|$) ]] || return 0
	if ! { cp -p "${script}" "${copy}" && sed -i -e "1s:^#![[:space:]]*/bin/sh:#!${CONFIG_SHELL}:" "${copy}" &&
		touch -r "${script}" "${copy}" && mv -f "${copy}" "${script}"; }; then
		die "econf: cannot change the interpreter of ${script}"
	fi
}

# @FUNCTION: einstall
# @USAGE: [<argument of make>…]
# @RETURN: the status of make, where it returns
# @DESCRIPTION:
# Runs `make install` with installation folders below the image. Banned from EAPI 6 on.
einstall() {
	__ebd_check_ban einstall
	local status libdir='' name=LIBDIR_${ABI-} image=${__EBD_ED%/}
	[[ -f Makefile || -f GNUmakefile || -f makefile ]] || die "einstall: no makefile"
	[[ ${ABI-} ]] && libdir=${!name-}
	if [[ ${libdir} && ${CONF_PREFIX-} ]]; then
		libdir=${__EBD_D%/}/${CONF_PREFIX#/}/${libdir}
	else
		libdir=
	fi
	# shellcheck disable=SC2086 # options
	${MAKE:-make} prefix="${image}/usr" datadir="${image}/usr/share" infodir="${image}/usr/share/info" \
		localstatedir="${image}/var/lib" mandir="${image}/usr/share/man" sysconfdir="${image}/etc" \
		${libdir:+libdir="${libdir//\/\///}"} ${EXTRA_EINSTALL-} ${MAKEOPTS-} -j1 "$@" ${EXTRA_EMAKE-} install
	status=$?
	(( status == 0 )) || __ebd_fail "einstall failed" "${status}"
}
