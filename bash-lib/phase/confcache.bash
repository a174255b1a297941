# Results of configure scripts, kept by the host from one build to the next.
# shellcheck shell=bash

# @FUNCTION: __ebd_configure_with_results
# @USAGE: <script> [<argument>…]
# @RETURN: the status of the script
# @DESCRIPTION:
# Runs a configure script with what it found out in an earlier build, and has the host keep what it finds out. Where that does not
# go well the script runs as if there were no such results.
__ebd_configure_with_results() {
	local folder status
	folder=$(command ebd-confcache begin "$@") || {
		"$@"
		return
	}
	CONFIG_SITE=${folder}/site "$@"
	status=$?
	if (( status == 0 )); then
		command ebd-confcache end "${folder}"
	else
		command ebd-confcache failed "${folder}"
	fi
	(( $? == 4 )) || return "${status}"
	"$@"
}
