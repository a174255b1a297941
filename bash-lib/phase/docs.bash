# einstalldocs.
# shellcheck shell=bash

# @FUNCTION: __ebd_install_docs
# @USAGE: <variable>
# @RETURN: the status of dodoc
# @DESCRIPTION:
# Installs what a variable lists, an array or words. A variable that is not declared lists nothing.
__ebd_install_docs() {
	local -n __ebd_docs=$1
	if [[ ${__ebd_docs@a} == *a* ]]; then
		(( ${#__ebd_docs[@]} )) || return 0
		dodoc -r "${__ebd_docs[@]}"
	elif [[ ${__ebd_docs-} ]]; then
		# shellcheck disable=SC2086 # a list of words
		dodoc -r ${__ebd_docs}
	fi
}

# @FUNCTION: einstalldocs
# @RETURN: 0, or the status of the first dodoc that fails where it returns
# @DESCRIPTION:
# Installs DOCS, or the usual names where DOCS is not declared, and HTML_DOCS. EAPI 6 and later.
einstalldocs() {
	local __EBD_DOCINTO='' file
	builtin export __EBD_DOCINTO
	if ! declare -p DOCS &>/dev/null; then
		for file in README* ChangeLog AUTHORS NEWS TODO CHANGES THANKS BUGS FAQ CREDITS CHANGELOG; do
			if [[ -f ${file} && -s ${file} ]]; then
				dodoc "${file}" || return
			fi
		done
	else
		__ebd_install_docs DOCS || return
	fi
	if declare -p HTML_DOCS &>/dev/null; then
		__EBD_DOCINTO=html
		__ebd_install_docs HTML_DOCS || return
	fi
	return 0
}
