//! The host side of the ebuild daemon: processor pool and metadata pipeline.
