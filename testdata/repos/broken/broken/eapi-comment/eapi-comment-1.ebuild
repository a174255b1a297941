EAPI=8# no white space before the comment
DESCRIPTION="Broken on purpose"
SLOT="0"
