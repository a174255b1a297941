# The processor of one phase: reads a request from its host, takes up the saved environment or sources the ebuild, runs
# the phase, and saves the environment.
#
# This file is code at the outermost level on purpose: what the ebuild and the saved environment declare must be global.
# shellcheck shell=bash

__EBD_LIB=${BASH_SOURCE[0]%/*}
__EBD_FD_CONTROL_IN=100 __EBD_FD_CONTROL_OUT=101 __EBD_FD_RESULT=102
unalias -a
shopt -s expand_aliases
for __ebd_file in generated/accumulated generated/eapi generated/features wire die output lists version eclass metadata \
	phase/abort phase/messages phase/use phase/ask phase/query phase/destination phase/staging phase/unpack phase/patch phase/build phase/confcache phase/docs phase/sandbox phase/defaults \
	phase/shell phase/environment phase/run; do
	# shellcheck disable=SC1090 # the list above
	source "${__EBD_LIB}/${__ebd_file}.bash" || exit 70
done
unalias __ebd_accumulated_is_set
__ebd_locale_is_c || exit 71
__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" \
	"0 ready protocol=${__ebd_protocol} bash=${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]}.${BASH_VERSINFO[2]}" ''
__ebd_read_frame || exit 72
[[ ${__ebd_verb} == phase ]] || exit 72
exec {__EBD_FD_CONTROL_IN}<&- {__EBD_FD_CONTROL_OUT}>&-
__ebd_main_pid=${BASHPID}
__ebd_hide_fds 102 104 105 106 107 108 109 110 111
# Assignments, and two functions with assignments, quoted by the host.
eval "${__ebd_payload}" || exit 73
unset __ebd_payload __ebd_file
if (( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < __ebd_minimum )); then
	die "EAPI ${__ebd_eapi} needs bash $(( __ebd_minimum / 100 )).$(( __ebd_minimum % 100 )) or later, and this is ${BASH_VERSION}"
fi
trap __ebd_terminated TERM
trap __ebd_locate URG
"__ebd_enter_eapi_${__ebd_eapi}"
__ebd_enter_features
__ebd_provide_banned
__ebd_enter_shell
__ebd_configure
__ebd_set_special

case ${__ebd_load} in
	ebuild)
		declare -i ECLASS_DEPTH=0
		declare -A __ebd_eclass=() __ebd_residual=() __ebd_idempotent=() __ebd_done=()
		__ebd_index_eclasses
		__ebd_unset_accumulated
		__ebd_inherit=''
		unset EAPI INHERITED ECLASS
		__ebd_source_hooks
		(( __ebd_eapi_failglob )) && shopt -s failglob
		# shellcheck disable=SC1090 # the ebuild
		source "${EBUILD}" || __ebd_source_failed $?
		shopt -u failglob
		__ebd_finish_sourcing
		;;
	environment)
		# Function bodies may need it to be parsed.
		shopt -s extglob
		# shellcheck disable=SC1090 # written after an earlier phase
		source "${__ebd_environment}" || die "the saved environment cannot be read: ${__ebd_environment}"
		__ebd_enter_shell
		__ebd_source_hooks
		;;
esac
__ebd_set_special
__ebd_run_phase
__ebd_save_environment
__ebd_report_phase
exit 0
