# What differs between EAPIs while an ebuild is sourced.
# Generated from the tables of ebd-pms and ebd-protocol by `cargo xtask codegen`.
# shellcheck shell=bash disable=SC2034 # read by the other files of the library

__ebd_protocol=1

# @FUNCTION: __ebd_enter_eapi
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for the EAPI in __ebd_eapi and removes commands that it does not have.
__ebd_enter_eapi() {
	case ${__ebd_eapi} in
		0)
			__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=1
			__ebd_eapi_phases=(src_compile pkg_config pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst pkg_prerm pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
			;;
		1)
			__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=1
			__ebd_eapi_phases=(src_compile pkg_config pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst pkg_prerm pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
			;;
		2)
			__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=1
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
			;;
		3)
			__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=1
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
			;;
		4)
			__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=0
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing dostrip
			;;
		5)
			__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=0
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing dostrip
			;;
		6)
			__ebd_eapi_compat=4.2 __ebd_eapi_failglob=1 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=0
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned='  '
			unset -f pipestatus ver_cut ver_rs ver_test ver_replacing dostrip
			;;
		7)
			__ebd_eapi_compat=4.2 __ebd_eapi_failglob=1 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=0
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND BDEPEND EAPI PROPERTIES)
			__ebd_eapi_banned=' libopts '
			unset -f pipestatus ver_replacing
			;;
		8)
			__ebd_eapi_compat=5.0 __ebd_eapi_failglob=1 __ebd_eapi_accumulates_restrict=1 __ebd_eapi_rdepend_fallback=0
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND BDEPEND EAPI PROPERTIES IDEPEND)
			__ebd_eapi_banned=' hasv hasq useq libopts '
			unset -f pipestatus ver_replacing
			;;
		9)
			__ebd_eapi_compat=5.3 __ebd_eapi_failglob=1 __ebd_eapi_accumulates_restrict=1 __ebd_eapi_rdepend_fallback=0
			__ebd_eapi_phases=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)
			__ebd_eapi_keys=(DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND BDEPEND EAPI PROPERTIES IDEPEND)
			__ebd_eapi_banned=' assert hasv hasq useq libopts '
			;;
	esac
}
