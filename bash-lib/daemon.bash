# The processor: reads requests from its host and forks a child for each ebuild.
#
# This file is code at the outermost level on purpose: an ebuild is sourced at the top level, not inside a function,
# so that `declare` in its global scope is global.
# shellcheck shell=bash

__EBD_LIB=${BASH_SOURCE[0]%/*}
__EBD_FD_CONTROL_IN=100 __EBD_FD_CONTROL_OUT=101 __EBD_FD_RESULT=102 __EBD_FD_IDLE=103
unalias -a
shopt -s expand_aliases
for __ebd_file in generated/accumulated generated/eapi wire die output lists version eclass global-scope metadata preload leftovers; do
	# shellcheck disable=SC1090 # the list above
	source "${__EBD_LIB}/${__ebd_file}.bash" || exit 70
done
unalias __ebd_accumulated_is_set
__ebd_forbid use useq usev usex use_with use_enable in_iuse get_libdir \
	best_version has_version portageq addread addwrite addpredict adddeny \
	diropts exeopts insopts libopts docompress dostrip
# shellcheck disable=SC2123 # an empty PATH would mean the current folder; this one has no programs
PATH=/dev/null
umask 022
unset OLDPWD
__ebd_locale_is_c || exit 71
unset GLIBC_TUNABLES
shopt -u patsub_replacement globskipdots 2>/dev/null
declare -A __ebd_eclass=() __ebd_residual=() __ebd_idempotent=() __ebd_done=()
declare -i ECLASS_DEPTH=0
__ebd_unset_accumulated
__ebd_inherit='' __ebd_mode='' __ebd_cpu='' __ebd_preloaded=''
ROOT=/ EROOT=/ EPREFIX='' SYSROOT='' ESYSROOT='' BROOT='' DISTDIR=/var/cache/distfiles EBUILD_PHASE=depend
readonly __EBD_LIB __EBD_FD_CONTROL_IN __EBD_FD_CONTROL_OUT __EBD_FD_RESULT __EBD_FD_IDLE
__ebd_seal_library

__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" \
	"0 ready protocol=${__ebd_protocol} bash=${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]}.${BASH_VERSINFO[2]}" ''
exec 2>/dev/null

while :; do
	__ebd_read_frame
	case $? in
		0) ;;
		1) exit 0 ;;
		*)
			__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" "0 malformed" ''
			exit 72
			;;
	esac
	case ${__ebd_verb} in
		metadata)
			if ! __ebd_scratch_is_empty; then
				__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" "${__ebd_id} dirty" ''
				continue
			fi
			__ebd_parse_request
			__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" "${__ebd_id} started" ''
			(
				__ebd_enter_child
				# shellcheck disable=SC1090 # the ebuild
				source "${EBUILD}" || __ebd_source_failed $?
				# From here on only the library may act, whatever the ebuild defined: in POSIX mode, which an
				# assignment enters, special builtins such as unset are found before functions.
				POSIXLY_CORRECT=1
				set +efunvx
				trap - EXIT ERR DEBUG RETURN
				unset -f builtin local declare set shift printf shopt unset exit exec kill trap
				unset POSIXLY_CORRECT
				shopt -u failglob
				__ebd_emit_metadata
			)
			__ebd_status=$?
			__ebd_end_leftovers
			__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" "${__ebd_id} done status=${__ebd_status} left=${__ebd_left}" ''
			;;
		load)
			__ebd_load
			__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" "${__ebd_id} loaded status=$?" ''
			;;
		*)
			__ebd_write_frame "${__EBD_FD_CONTROL_OUT}" "${__ebd_id} unknown" ''
			;;
	esac
done
