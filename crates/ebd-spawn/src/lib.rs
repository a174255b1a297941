//! Processes with pidfds, private namespaces, Landlock and seccomp exec watching.
