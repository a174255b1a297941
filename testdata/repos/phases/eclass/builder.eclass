# @ECLASS: builder.eclass
# @BLURB: builds sources with build.sh in a folder beside them, as meson and ninja do

[[ ${EAPI} == [78] ]] || die "${ECLASS}: EAPI ${EAPI} not supported"

if [[ -z ${_BUILDER_ECLASS} ]]; then
_BUILDER_ECLASS=1

BDEPEND="app-shells/bash"

# @FUNCTION: builder_feature
# @USAGE: <flag> [<option>]
# @DESCRIPTION:
# Prints an option for build.sh.
builder_feature() {
	usex "$1" "-D${2-$1}=enabled" "-D${2-$1}=disabled"
}

builder_src_configure() {
	BUILD_DIR=${BUILD_DIR:-${WORKDIR}/${P}-build}
	local arguments=(
		setup --prefix "${EPREFIX}/usr" --libdir "$(get_libdir)" --buildtype plain
		"${emesonargs[@]}"
	)
	edo_builder "${arguments[@]}" "${S}" "${BUILD_DIR}"
}

builder_src_compile() {
	edo_builder compile -C "${BUILD_DIR}" -j "$(makeopts_jobs)"
}

builder_src_test() {
	edo_builder test -C "${BUILD_DIR}"
}

builder_src_install() {
	DESTDIR="${D}" edo_builder install -C "${BUILD_DIR}"
	pushd "${S}" >/dev/null || die
	einstalldocs
	popd >/dev/null || die
}

# Like edo of EAPI 9.
edo_builder() {
	einfo "build.sh $*"
	bash "${S}"/build.sh "$@" || die "build.sh $1 failed"
}

makeopts_jobs() {
	local word
	for word in ${MAKEOPTS}; do
		[[ ${word} == -j?* ]] && echo "${word#-j}" && return
	done
	echo 1
}

fi

EXPORT_FUNCTIONS src_configure src_compile src_test src_install
