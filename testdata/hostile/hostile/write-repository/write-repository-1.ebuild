EAPI=8
DESCRIPTION="writes to the repository"
SLOT=0
echo x > "${EBUILD%/*}/ebd-hostile"
