EAPI=8
DESCRIPTION="writes to the cache"
SLOT=0
echo x > "${EBUILD%/*/*/*}/metadata/md5-cache/ebd-hostile"
