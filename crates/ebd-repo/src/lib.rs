//! Ebuild repositories on disk: layout.conf, masters, eclass lookup, enumeration.
