EAPI=8
DESCRIPTION="bytes that are not UTF-8, in its text"
SLOT=0
A=ÿþ
unset A
