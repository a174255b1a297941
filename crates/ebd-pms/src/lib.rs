//! The Gentoo package manager specification as data: EAPIs, versions, atoms, dependency expressions.
