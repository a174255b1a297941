# What differs between EAPIs in phases.
# Generated from the tables of ebd-pms by `cargo xtask codegen`.
# shellcheck shell=bash disable=SC2034 # read by the other files of the library

# @FUNCTION: __ebd_enter_features
# @DESCRIPTION:
# Sets the features, banned commands and default phases of the EAPI in __ebd_eapi and removes commands that it does
# not have.
__ebd_enter_features() {
	declare -gA __ebd_eapi_defaults
	case ${__ebd_eapi} in
		0)
			__ebd_eapi_features=' exported_variables trailing_slash rdepend_fallback empty_groups_match output_to_stdout domo_into insopts_wide exeopts_wide unpack_7z unpack_rar unpack_lha symlink_rewriting package_provided visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile0 [pkg_nofetch]=nofetch [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults=''
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		1)
			__ebd_eapi_features=' exported_variables trailing_slash iuse_defaults rdepend_fallback slot_deps empty_groups_match output_to_stdout domo_into insopts_wide exeopts_wide unpack_7z unpack_rar unpack_lha symlink_rewriting package_provided visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile1 [pkg_nofetch]=nofetch [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults=''
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		2)
			__ebd_eapi_features=' exported_variables trailing_slash iuse_defaults rdepend_fallback slot_deps use_deps strong_blockers src_uri_arrows empty_groups_match default_functions output_to_stdout doman_language domo_into insopts_wide exeopts_wide unpack_7z unpack_rar unpack_lha symlink_rewriting package_provided visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure pkg_nofetch src_prepare src_test src_unpack'
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		3)
			__ebd_eapi_features=' exported_variables trailing_slash offset_prefix iuse_defaults rdepend_fallback slot_deps use_deps strong_blockers src_uri_arrows empty_groups_match default_functions output_to_stdout doman_language domo_into insopts_wide exeopts_wide unpack_xz unpack_7z unpack_rar unpack_lha keep_mtimes symlink_rewriting package_provided visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure pkg_nofetch src_prepare src_test src_unpack'
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		4)
			__ebd_eapi_features=' exported_variables trailing_slash offset_prefix strict_s iuse_defaults mandatory_phases required_use slot_deps use_deps use_dep_defaults strong_blockers src_uri_arrows empty_groups_match default_functions info_uninstalled helpers_die output_to_stdout econf_dependency_tracking dodoc_recursive doins_symlinks use_with_empty_value unknown_flag_is_error doman_language doman_i18n_wins domo_into insopts_wide exeopts_wide unpack_xz unpack_7z unpack_rar unpack_lha controllable_compression keep_mtimes symlink_rewriting package_provided visible_destinations '
			__ebd_eapi_banned=' dohard dosed '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install4 [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo usex in_iuse get_libdir eapply eapply_user einstalldocs dostrip
			;;
		5)
			__ebd_eapi_features=' exported_variables trailing_slash offset_prefix strict_s strict_use profile_iuse iuse_defaults mandatory_phases required_use sub_slots slot_deps slot_operators use_deps use_dep_defaults strong_blockers at_most_one_of src_uri_arrows empty_groups_match default_functions info_uninstalled parallel_test helpers_die output_to_stdout query_host_root econf_dependency_tracking econf_silent_rules dodoc_recursive doins_symlinks use_with_empty_value unknown_flag_is_error doman_language doman_i18n_wins new_stdin domo_into insopts_wide exeopts_wide unpack_xz unpack_7z unpack_rar unpack_lha controllable_compression gnu_find keep_mtimes symlink_rewriting stable_masks package_provided visible_destinations '
			__ebd_eapi_banned=' dohard dosed '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install4 [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo in_iuse get_libdir eapply eapply_user einstalldocs dostrip
			;;
		6)
			__ebd_eapi_features=' global_failglob posix_locale exported_variables trailing_slash offset_prefix strict_s strict_use profile_iuse iuse_defaults mandatory_phases required_use sub_slots slot_deps slot_operators use_deps use_dep_defaults strong_blockers at_most_one_of src_uri_arrows empty_groups_match default_functions info_uninstalled parallel_test helpers_die die_respects_nonfatal output_to_stdout query_host_root econf_dependency_tracking econf_silent_rules econf_docdir dodoc_recursive doins_symlinks use_with_empty_value unknown_flag_is_error doman_language doman_i18n_wins new_stdin domo_into insopts_wide exeopts_wide unpack_paths unpack_any_case unpack_xz unpack_txz unpack_7z unpack_rar unpack_lha controllable_compression gnu_find keep_mtimes symlink_rewriting stable_masks package_provided visible_destinations '
			__ebd_eapi_banned=' einstall dohard dosed '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare6 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo dostrip
			;;
		7)
			__ebd_eapi_features=' global_failglob posix_locale exported_variables env_unset offset_prefix strict_s strict_use profile_iuse iuse_defaults mandatory_phases required_use bdepend sub_slots slot_deps slot_operators use_deps use_dep_defaults strong_blockers at_most_one_of src_uri_arrows default_functions info_uninstalled parallel_test helpers_die die_respects_nonfatal die_in_subshell external_nonfatal query_roots econf_dependency_tracking econf_silent_rules econf_docdir econf_sysroot dodoc_recursive doins_symlinks use_with_empty_value unknown_flag_is_error doman_language doman_i18n_wins new_stdin insopts_wide exeopts_wide unpack_paths unpack_any_case unpack_xz unpack_txz unpack_7z unpack_rar unpack_lha controllable_compression controllable_stripping patch_2_7 gnu_find keep_mtimes symlink_rewriting stable_masks profile_directories '
			__ebd_eapi_banned=' einstall dohard dohtml dolib dosed libopts '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare6 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo
			;;
		8)
			__ebd_eapi_features=' global_failglob posix_locale exported_variables env_unset offset_prefix empty_workdir strict_s strict_use profile_iuse iuse_defaults mandatory_phases accumulated_restrict required_use bdepend idepend sub_slots slot_deps slot_operators use_deps use_dep_defaults strong_blockers at_most_one_of src_uri_arrows selective_fetch default_functions info_uninstalled parallel_test helpers_die die_respects_nonfatal die_in_subshell external_nonfatal query_roots econf_dependency_tracking econf_silent_rules econf_docdir econf_sysroot econf_datarootdir econf_disable_static dodoc_recursive doins_symlinks use_with_empty_value unknown_flag_is_error doman_language doman_i18n_wins new_stdin dosym_relative usev_value unpack_paths unpack_any_case unpack_xz unpack_txz controllable_compression controllable_stripping patch_2_7 gnu_find keep_mtimes symlink_rewriting stable_masks profile_directories updates_any_name '
			__ebd_eapi_banned=' hasv hasq useq einstall dohard dohtml dolib dosed libopts '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare8 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo
			;;
		9)
			__ebd_eapi_features=' global_failglob posix_locale env_unset offset_prefix empty_workdir strict_s strict_use profile_iuse iuse_defaults mandatory_phases accumulated_restrict required_use bdepend idepend sub_slots slot_deps slot_operators use_deps use_dep_defaults strong_blockers at_most_one_of src_uri_arrows selective_fetch default_functions info_uninstalled parallel_test helpers_die die_respects_nonfatal die_in_subshell external_nonfatal query_roots econf_dependency_tracking econf_silent_rules econf_docdir econf_sysroot econf_datarootdir econf_disable_static dodoc_recursive doins_symlinks use_with_empty_value unknown_flag_is_error doman_language doman_i18n_wins new_stdin dosym_relative usev_value unpack_paths unpack_any_case unpack_xz unpack_txz controllable_compression controllable_stripping patch_2_7 gnu_find keep_mtimes stable_masks profile_directories updates_any_name use_stable profile_eapi_default '
			__ebd_eapi_banned=' assert hasv hasq useq einstall dohard dohtml dolib domo dosed libopts '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare8 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			;;
	esac
}
