EAPI=8
DESCRIPTION="sends a packet"
SLOT=0
echo hello >/dev/udp/127.0.0.1/9
