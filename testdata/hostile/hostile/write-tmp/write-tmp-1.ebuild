EAPI=8
DESCRIPTION="writes to /tmp"
SLOT=0
echo x > /tmp/ebd-hostile
