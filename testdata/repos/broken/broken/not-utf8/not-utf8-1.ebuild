EAPI=8
DESCRIPTION=$'Broken \xff on purpose'
SLOT="0"
