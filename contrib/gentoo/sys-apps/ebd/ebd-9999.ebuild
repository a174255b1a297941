# Copyright the authors of ebd
# Distributed under the terms of the MIT or Apache-2.0 licence

EAPI=8

DESCRIPTION="Ebuild daemon: metadata caches, builds and merges of ebuilds"
LICENSE="|| ( MIT Apache-2.0 )"
SLOT="0"
PROPERTIES="live"
# The Rust programs that are linked have a profile with debugging information; it is stripped as FEATURES say.
QA_FLAGS_IGNORED="usr/bin/ebd"

RDEPEND=">=app-shells/bash-5.0:*"
BDEPEND="|| ( >=dev-lang/rust-bin-1.88 >=dev-lang/rust-1.88 )"

# @VARIABLE: EBD_CHECKOUT
# @DESCRIPTION: Folder of the sources, with its repository of git. The default is the checkout that this ebuild lies in.

# @VARIABLE: EBD_VENDOR
# @DESCRIPTION: Folder that `cargo vendor` made. Without it the crates are fetched while unpacking.

src_unpack() {
	local checkout=${EBD_CHECKOUT:-${EBUILD%/contrib/gentoo/*}}
	[[ -f ${checkout}/Cargo.lock ]] || die "set EBD_CHECKOUT to a checkout of ebd; ${checkout} is none"
	mkdir "${S}" || die
	git -c safe.directory="${checkout}" -C "${checkout}" archive HEAD | tar -x -C "${S}" || die "cannot take the sources of ${checkout}"
	cd "${S}" || die
	export CARGO_HOME=${WORKDIR}/cargo
	mkdir -p "${CARGO_HOME}" || die
	local vendor=${EBD_VENDOR:-${WORKDIR}/vendor}
	if [[ ! ${EBD_VENDOR} ]]; then
		cargo vendor --locked "${vendor}" >/dev/null || die "cannot fetch the crates"
	fi
	cat >"${CARGO_HOME}/config.toml" <<-EOF || die
		[source.crates-io]
		replace-with = "vendored"
		[source.vendored]
		directory = "${vendor}"
		[net]
		offline = true
	EOF
}

src_configure() {
	export CARGO_HOME=${WORKDIR}/cargo
}

src_compile() {
	cargo build --release --locked --package ebd-cli --package xtask || die "cargo build failed"
}

src_test() {
	cargo test --release --locked --workspace || die "cargo test failed"
}

src_install() {
	target/release/xtask dist "${ED}/usr" --ebd target/release/ebd || die "cannot install"
	mv "${ED}"/usr/share/doc/{ebd,"${PF}"} || die
}
