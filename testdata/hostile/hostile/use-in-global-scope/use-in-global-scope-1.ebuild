EAPI=8
DESCRIPTION="asks for a flag"
SLOT=0
use x && IUSE=x
