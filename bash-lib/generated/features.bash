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
			__ebd_eapi_features=' unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile0 [pkg_nofetch]=nofetch [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults=''
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		1)
			__ebd_eapi_features=' unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile1 [pkg_nofetch]=nofetch [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults=''
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		2)
			__ebd_eapi_features=' default_functions unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure pkg_nofetch src_prepare src_test src_unpack'
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		3)
			__ebd_eapi_features=' offset_prefix default_functions unpack_xz unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned='  '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure pkg_nofetch src_prepare src_test src_unpack'
			unset -f nonfatal edo usex in_iuse get_libdir eapply eapply_user einstalldocs docompress dostrip
			;;
		4)
			__ebd_eapi_features=' offset_prefix strict_s default_functions helpers_die econf_dependency_tracking use_with_empty_value unknown_flag_is_error unpack_xz unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned=' dohard dosed '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install4 [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_serial [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo usex in_iuse get_libdir eapply eapply_user einstalldocs dostrip
			;;
		5)
			__ebd_eapi_features=' offset_prefix strict_s default_functions helpers_die query_host_root econf_dependency_tracking econf_silent_rules use_with_empty_value unknown_flag_is_error unpack_xz unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned=' dohard dosed '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install4 [pkg_nofetch]=nofetch [src_prepare]=nothing [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo in_iuse get_libdir eapply eapply_user einstalldocs dostrip
			;;
		6)
			__ebd_eapi_features=' posix_locale offset_prefix strict_s default_functions helpers_die query_host_root econf_dependency_tracking econf_silent_rules econf_docdir use_with_empty_value unknown_flag_is_error unpack_paths unpack_any_case unpack_xz unpack_txz unpack_7z unpack_rar unpack_lha visible_destinations '
			__ebd_eapi_banned=' einstall dohard dosed '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare6 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo dostrip
			;;
		7)
			__ebd_eapi_features=' posix_locale offset_prefix strict_s default_functions helpers_die query_roots econf_dependency_tracking econf_silent_rules econf_docdir econf_sysroot use_with_empty_value unknown_flag_is_error unpack_paths unpack_any_case unpack_xz unpack_txz unpack_7z unpack_rar unpack_lha '
			__ebd_eapi_banned=' einstall dohard dohtml dolib dosed libopts '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare6 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo
			;;
		8)
			__ebd_eapi_features=' posix_locale offset_prefix strict_s default_functions helpers_die query_roots econf_dependency_tracking econf_silent_rules econf_docdir econf_sysroot econf_datarootdir econf_disable_static use_with_empty_value unknown_flag_is_error usev_value unpack_paths unpack_any_case unpack_xz unpack_txz '
			__ebd_eapi_banned=' hasv hasq useq einstall dohard dohtml dolib dosed libopts '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare8 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			unset -f edo
			;;
		9)
			__ebd_eapi_features=' posix_locale offset_prefix strict_s default_functions helpers_die query_roots econf_dependency_tracking econf_silent_rules econf_docdir econf_sysroot econf_datarootdir econf_disable_static use_with_empty_value unknown_flag_is_error usev_value unpack_paths unpack_any_case unpack_xz unpack_txz '
			__ebd_eapi_banned=' assert hasv hasq useq einstall dohard dohtml dolib domo dosed libopts '
			__ebd_eapi_defaults=([src_compile]=compile2 [src_configure]=configure [src_install]=install6 [pkg_nofetch]=nofetch [src_prepare]=prepare8 [src_test]=test_parallel [src_unpack]=unpack)
			__ebd_eapi_callable_defaults='src_compile src_configure src_install pkg_nofetch src_prepare src_test src_unpack'
			;;
	esac
}
