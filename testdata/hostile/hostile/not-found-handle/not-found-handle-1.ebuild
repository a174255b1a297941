EAPI=8
DESCRIPTION="a handle for what is not found"
SLOT=0
command_not_found_handle() { :; }
no-such-command
