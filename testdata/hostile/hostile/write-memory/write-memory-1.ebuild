EAPI=8
DESCRIPTION="writes to its own memory"
SLOT=0
echo x > /proc/self/mem
