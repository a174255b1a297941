# shellcheck shell=bash
__ebd_protocol=1
__ebd_enter_eapi() {
	__ebd_eapi_banned=' ' __ebd_eapi_failglob=1 __ebd_eapi_accumulates_restrict=0 __ebd_eapi_rdepend_fallback=0
	__ebd_eapi_phases='src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack'
	__ebd_eapi_keys='DEPEND RDEPEND SLOT SRC_URI RESTRICT HOMEPAGE LICENSE DESCRIPTION KEYWORDS IUSE REQUIRED_USE PDEPEND BDEPEND EAPI PROPERTIES IDEPEND'
	case ${__ebd_eapi} in
	5) __ebd_eapi_compat=3.2 __ebd_eapi_failglob=0;;
	6) __ebd_eapi_compat=4.2 ;;
	7) __ebd_eapi_compat=4.2 ;;
	8) __ebd_eapi_compat=5.0 __ebd_eapi_accumulates_restrict=1 ;;
	9) __ebd_eapi_compat=5.3 __ebd_eapi_accumulates_restrict=1 ;;
	esac
}
