EAPI=8
DESCRIPTION="writes to the home folder"
SLOT=0
echo x > ~/ebd-hostile
