EAPI=8
DESCRIPTION="Broken on purpose"
SLOT="0"
__ebd_emit_metadata() {
	:
}
