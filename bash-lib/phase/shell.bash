# The shell as every phase finds it.
# shellcheck shell=bash

# @FUNCTION: __ebd_feature
# @USAGE: <feature>
# @RETURN: 0 when the EAPI has the feature
__ebd_feature() {
	[[ ${__ebd_eapi_features} == *" $1 "* ]]
}

# @FUNCTION: __ebd_enter_shell
# @DESCRIPTION:
# Puts the options of the shell, umask, IFS and locale to where the EAPI has them, whatever an ebuild or a saved
# environment did.
__ebd_enter_shell() {
	set +aefuvx
	set +o pipefail
	umask 022
	IFS=$' \t\n'
	BASH_COMPAT=${__ebd_eapi_compat}
	shopt -u failglob nullglob dotglob nocaseglob nocasematch extglob globstar
	shopt -u patsub_replacement globskipdots 2>/dev/null
	# As in Portage: bash keeps the arguments of functions then, which a failure shows.
	shopt -s extdebug
	trap - EXIT ERR DEBUG RETURN
	trap __ebd_terminated TERM
}

# @FUNCTION: __ebd_enter_locale
# @DESCRIPTION:
# From EAPI 6 on ASCII is sorted and classified as in the POSIX locale: LC_ALL is taken apart, LC_COLLATE is C, and
# LC_CTYPE stays what it is unless it changes the case of ASCII letters in another way.
__ebd_enter_locale() {
	local name letters=abcdefghijklmnopqrstuvwxyz
	__ebd_feature posix_locale || return 0
	if [[ ${LC_ALL-} ]]; then
		for name in LC_CTYPE LC_NUMERIC LC_TIME LC_MONETARY LC_MESSAGES; do
			builtin export "${name}=${LC_ALL}"
		done
		export LANG=${LC_ALL}
	fi
	unset LC_ALL
	export LC_COLLATE=C
	[[ ${letters^^} == ABCDEFGHIJKLMNOPQRSTUVWXYZ ]] || export LC_CTYPE=C
}

# @FUNCTION: __ebd_provide_banned
# @DESCRIPTION:
# Defines functions that die for banned commands that the library has not as functions.
__ebd_provide_banned() {
	local name code=
	for name in ${__ebd_eapi_banned}; do
		declare -F "${name}" >/dev/null || code+="${name}() { __ebd_check_ban ${name}; };"
	done
	eval "${code}"
}

# @FUNCTION: __ebd_index_eclasses
# @DESCRIPTION:
# Sets __ebd_eclass, which `inherit` reads, from the folders of the request; the first folder that has an eclass wins.
__ebd_index_eclasses() {
	local folder file name
	for folder in "${__ebd_eclass_dirs[@]}"; do
		for file in "${folder}"/*.eclass; do
			name=${file##*/} name=${name%.eclass}
			: "${__ebd_eclass[${name}]:=${file}}"
		done
	done
}
