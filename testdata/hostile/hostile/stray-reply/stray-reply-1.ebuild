EAPI=8
DESCRIPTION="writes to every descriptor that it finds"
SLOT=0
for fd in /proc/self/fd/*; do fd=${fd##*/}; { echo "1 done status=0 left=0 0" >&"${fd}"; } 2>/dev/null; done
true
