EAPI=8
DESCRIPTION="an alias"
SLOT=0
shopt -s expand_aliases
alias :='exit 3'
:
