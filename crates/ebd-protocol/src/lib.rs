//! The wire between an ebd host and its bash processors: frames, verbs, incremental decoder.
