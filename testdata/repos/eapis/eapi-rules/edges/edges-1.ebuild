EAPI=8 # a comment after white space is part of the line
DESCRIPTION="Edges of versions: $(ver_cut 0-2 .1.2.3) $(ver_rs 2-3 - 1.2_alpha4)"
SLOT="0"
EDGES=()
edge() { ver_test "$@" && EDGES+=( y ) || EDGES+=( "n:$*" ); }
edge 1.010 -eq 1.01
edge 1.00 -eq 1.0
edge 1.0 -gt 1
edge 1.2 -gt 1.02
edge 1.2_pre1 -gt 1.2_pre1_beta2
edge 1.2_pre1 -lt 1.2_pre1_p2
edge 0 -lt 9223372036854775808
DESCRIPTION+=" ${EDGES[*]}"
