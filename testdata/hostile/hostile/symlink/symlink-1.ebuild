EAPI=8
DESCRIPTION="makes a link"
SLOT=0
ln -s /etc/passwd "${T}/x"
