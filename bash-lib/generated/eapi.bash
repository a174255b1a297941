# What differs between EAPIs while an ebuild is sourced.
# Generated from the tables of ebd-pms and ebd-protocol by `cargo xtask codegen`.
# shellcheck shell=bash disable=SC2034 # read by the other files of the library

__ebd_protocol=1

__ebd_keys=(BDEPEND DEPEND DESCRIPTION EAPI HOMEPAGE IDEPEND IUSE KEYWORDS LICENSE PDEPEND PROPERTIES RDEPEND REQUIRED_USE RESTRICT SLOT SRC_URI)

# @FUNCTION: __ebd_write_metadata
# @DESCRIPTION:
# Writes the `metadata` frame: lengths of all values, then the values. `phases` of the caller is DEFINED_PHASES.
__ebd_write_metadata() {
	builtin printf '%s %s metadata BDEPEND=%d DEPEND=%d DESCRIPTION=%d EAPI=%d HOMEPAGE=%d IDEPEND=%d IUSE=%d KEYWORDS=%d LICENSE=%d PDEPEND=%d PROPERTIES=%d RDEPEND=%d REQUIRED_USE=%d RESTRICT=%d SLOT=%d SRC_URI=%d DEFINED_PHASES=%d INHERIT=%d INHERITED=%d %d\035%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s' "${__ebd_nonce}" "${__ebd_id}" \
		${#BDEPEND} ${#DEPEND} ${#DESCRIPTION} ${#EAPI} ${#HOMEPAGE} ${#IDEPEND} ${#IUSE} ${#KEYWORDS} ${#LICENSE} ${#PDEPEND} ${#PROPERTIES} ${#RDEPEND} ${#REQUIRED_USE} ${#RESTRICT} ${#SLOT} ${#SRC_URI} ${#phases} ${#__ebd_inherit} ${#INHERITED} $(( ${#BDEPEND} + ${#DEPEND} + ${#DESCRIPTION} + ${#EAPI} + ${#HOMEPAGE} + ${#IDEPEND} + ${#IUSE} + ${#KEYWORDS} + ${#LICENSE} + ${#PDEPEND} + ${#PROPERTIES} + ${#RDEPEND} + ${#REQUIRED_USE} + ${#RESTRICT} + ${#SLOT} + ${#SRC_URI} + ${#phases} + ${#__ebd_inherit} + ${#INHERITED} )) \
		"${BDEPEND-}" "${DEPEND-}" "${DESCRIPTION-}" "${EAPI-}" "${HOMEPAGE-}" "${IDEPEND-}" "${IUSE-}" "${KEYWORDS-}" "${LICENSE-}" "${PDEPEND-}" "${PROPERTIES-}" "${RDEPEND-}" "${REQUIRED_USE-}" "${RESTRICT-}" "${SLOT-}" "${SRC_URI-}" "${phases-}" "${__ebd_inherit-}" "${INHERITED-}" >&"${__EBD_FD_RESULT}"
}

__ebd_phases_0=(src_compile pkg_config pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst pkg_prerm pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_0
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 0 and removes commands that it does not have.
__ebd_enter_eapi_0() {
	__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_rdepend_fallback=1 __ebd_eapi_die_nonfatal=0 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_0[@]' __ebd_eapi_banned='  '
	unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
}

__ebd_phases_1=(src_compile pkg_config pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst pkg_prerm pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_1
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 1 and removes commands that it does not have.
__ebd_enter_eapi_1() {
	__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_rdepend_fallback=1 __ebd_eapi_die_nonfatal=0 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_1[@]' __ebd_eapi_banned='  '
	unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
}

__ebd_phases_2=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_2
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 2 and removes commands that it does not have.
__ebd_enter_eapi_2() {
	__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_rdepend_fallback=1 __ebd_eapi_die_nonfatal=0 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_2[@]' __ebd_eapi_banned='  '
	unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
}

__ebd_phases_3=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_3
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 3 and removes commands that it does not have.
__ebd_enter_eapi_3() {
	__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_rdepend_fallback=1 __ebd_eapi_die_nonfatal=0 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_3[@]' __ebd_eapi_banned='  '
	unset -f pipestatus nonfatal usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing docompress dostrip
}

__ebd_phases_4=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_4
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 4 and removes commands that it does not have.
__ebd_enter_eapi_4() {
	__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_rdepend_fallback=0 __ebd_eapi_die_nonfatal=0 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_4[@]' __ebd_eapi_banned='  '
	unset -f pipestatus usex in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing dostrip
}

__ebd_phases_5=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_5
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 5 and removes commands that it does not have.
__ebd_enter_eapi_5() {
	__ebd_eapi_compat=3.2 __ebd_eapi_failglob=0 __ebd_eapi_rdepend_fallback=0 __ebd_eapi_die_nonfatal=0 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_5[@]' __ebd_eapi_banned='  '
	unset -f pipestatus in_iuse get_libdir ver_cut ver_rs ver_test ver_replacing dostrip
}

__ebd_phases_6=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_6
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 6 and removes commands that it does not have.
__ebd_enter_eapi_6() {
	__ebd_eapi_compat=4.2 __ebd_eapi_failglob=1 __ebd_eapi_rdepend_fallback=0 __ebd_eapi_die_nonfatal=1 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_6[@]' __ebd_eapi_banned='  '
	unset -f pipestatus ver_cut ver_rs ver_test ver_replacing dostrip
}

__ebd_phases_7=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_7
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 7 and removes commands that it does not have.
__ebd_enter_eapi_7() {
	__ebd_eapi_compat=4.2 __ebd_eapi_failglob=1 __ebd_eapi_rdepend_fallback=0 __ebd_eapi_die_nonfatal=1 \
	__ebd_eapi_accumulates_properties=0 __ebd_eapi_phases='__ebd_phases_7[@]' __ebd_eapi_banned=' libopts '
	unset -f pipestatus ver_replacing
}

__ebd_phases_8=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_8
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 8 and removes commands that it does not have.
__ebd_enter_eapi_8() {
	__ebd_eapi_compat=5.0 __ebd_eapi_failglob=1 __ebd_eapi_rdepend_fallback=0 __ebd_eapi_die_nonfatal=1 \
	__ebd_eapi_accumulates_properties=1 __ebd_eapi_phases='__ebd_phases_8[@]' __ebd_eapi_banned=' hasv hasq useq libopts '
	unset -f pipestatus ver_replacing
}

__ebd_phases_9=(src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack)

# @FUNCTION: __ebd_enter_eapi_9
# @DESCRIPTION:
# Sets the __ebd_eapi_* variables for EAPI 9 and removes commands that it does not have.
__ebd_enter_eapi_9() {
	__ebd_eapi_compat=5.3 __ebd_eapi_failglob=1 __ebd_eapi_rdepend_fallback=0 __ebd_eapi_die_nonfatal=1 \
	__ebd_eapi_accumulates_properties=1 __ebd_eapi_phases='__ebd_phases_9[@]' __ebd_eapi_banned=' assert hasv hasq useq libopts '
}
