# Running the function of a phase.
# shellcheck shell=bash

# @FUNCTION: __ebd_source_hooks
# @DESCRIPTION:
# Sources the bashrc files of profiles and user.
__ebd_source_hooks() {
	local __ebd_hook
	for __ebd_hook in "${__ebd_hooks[@]}"; do
		# shellcheck disable=SC1090 # files of the configuration
		[[ -r ${__ebd_hook} && -f ${__ebd_hook} ]] && source "${__ebd_hook}"
	done
	set +e
}

# @FUNCTION: __ebd_define_defaults
# @DESCRIPTION:
# Defines `default` and the `default_*` functions where the EAPI has them: that of the current phase does what
# the phase does by default, the others die.
__ebd_define_defaults() {
	local name code=
	__ebd_feature default_functions || return 0
	for name in ${__ebd_eapi_callable_defaults}; do
		if [[ ${name} == "${__ebd_function}" ]]; then
			code+="default_${name}() { __ebd_default_${__ebd_eapi_defaults[${name}]}; };"
			code+="default() { default_${name}; };"
		else
			code+="default_${name}() { die \"default_${name}: not allowed in ${__ebd_function}\"; };"
		fi
	done
	[[ " ${__ebd_eapi_callable_defaults} " == *" ${__ebd_function} "* ]] ||
		code+="default() { die \"default: ${__ebd_function} has no default in EAPI ${__ebd_eapi}\"; };"
	eval "${code}"
}

# @FUNCTION: __ebd_phase_defined_up_to
# @USAGE: <phase>
# @RETURN: 0 when the ebuild defines this src_* phase or one before it
__ebd_phase_defined_up_to() {
	local phase
	for phase in unpack prepare configure compile test install; do
		[[ " ${DEFINED_PHASES} " == *" ${phase} "* ]] && return 0
		[[ ${phase} == "$1" ]] && return 1
	done
	return 1
}

# @FUNCTION: __ebd_enter_folder
# @DESCRIPTION:
# Goes to the folder where the phase starts.
__ebd_enter_folder() {
	local folder=${__ebd_empty}
	case ${__ebd_phase} in
		unpack) folder=${WORKDIR} ;;
		prepare | configure | compile | test | install)
			if [[ -d ${S} ]]; then
				folder=${S}
			elif ! __ebd_feature strict_s || { [[ ! ${A-} ]] && ! __ebd_phase_defined_up_to "${__ebd_phase}"; }; then
				folder=${WORKDIR}
			else
				die "The source directory '${S}' doesn't exist"
			fi
			;;
	esac
	cd -- "${folder}" || die "cannot enter ${folder}"
	unset OLDPWD
}

# @FUNCTION: __ebd_start_install
# @DESCRIPTION:
# Puts the state of the install commands to the beginning.
__ebd_start_install() {
	export __EBD_INTO=/usr __EBD_INSINTO='' __EBD_EXEINTO='' __EBD_DOCINTO=''
	export __EBD_INSOPTIONS=-m0644 __EBD_EXEOPTIONS=-m0755 __EBD_LIBOPTIONS=-m0644 __EBD_DIROPTIONS=-m0755
	if __ebd_feature visible_destinations; then
		export DESTTREE=/usr INSDESTTREE=
	fi
	__ebd_compress=() __ebd_compress_not=() __ebd_strip=() __ebd_strip_not=()
}

# @FUNCTION: __ebd_call
# @USAGE: <function>
# @DESCRIPTION:
# Calls a function when it is defined; options of the shell that it left changed do not reach what follows.
__ebd_call() {
	declare -F "$1" >/dev/null || return 0
	"$1"
	set +e
	return 0
}

# @FUNCTION: __ebd_run_phase
# @DESCRIPTION:
# Runs the phase: its function or the default, between the hooks of bashrc files.
__ebd_run_phase() {
	[[ ${__ebd_function} ]] || return 0
	if [[ ${__ebd_eapi_defaults[${__ebd_function}]-} ]] && ! declare -F "${__ebd_function}" >/dev/null; then
		eval "${__ebd_function}() { __ebd_default_${__ebd_eapi_defaults[${__ebd_function}]}; }"
		__ebd_added=${__ebd_function}
	fi
	__ebd_define_defaults
	__ebd_start_install
	__ebd_enter_locale
	__ebd_enter_folder
	umask 022
	__ebd_announce_sandbox
	__ebd_call "pre_${__ebd_function}"
	[[ ${__ebd_banner} ]] && builtin printf '%s\n' "${__ebd_banner//@PWD@/${PWD}}" >&2
	__ebd_call "${__ebd_function}"
	if [[ ${__ebd_phase} == prepare ]] && declare -F eapply_user >/dev/null && [[ ! -f ${T}/.portage_user_patches_applied ]]; then
		die "eapply_user (or default) must be called in src_prepare"
	fi
	__ebd_call "post_${__ebd_function}"
	__ebd_run_success_hooks
}

# @FUNCTION: __ebd_run_success_hooks
# @DESCRIPTION:
# Calls what register_success_hook registered.
__ebd_run_success_hooks() {
	local hook
	for hook in ${EBUILD_SUCCESS_HOOKS-}; do
		"${hook}"
	done
}

# @FUNCTION: __ebd_report_phase
# @DESCRIPTION:
# Writes the `phase` frame on the result channel: four lists, of which each begins with its length.
__ebd_report_phase() {
	local LC_ALL=C record
	__ebd_join_record \
		"${#__ebd_compress[@]}" "${__ebd_compress[@]}" "${#__ebd_compress_not[@]}" "${__ebd_compress_not[@]}" \
		"${#__ebd_strip[@]}" "${__ebd_strip[@]}" "${#__ebd_strip_not[@]}" "${__ebd_strip_not[@]}"
	builtin printf '%s %s phase %d\035%s' "${__ebd_nonce}" "${__ebd_id}" "${#record}" "${record}" >&"${__EBD_FD_RESULT}"
}
