//! Metadata cache backends for ebuild repositories.
