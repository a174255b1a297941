EAPI=8
DESCRIPTION="a command for every prompt"
SLOT=0
PROMPT_COMMAND='exit 3'
