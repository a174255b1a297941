//! Work shared by as many threads as there are processors.

use std::num::NonZero;
use std::sync::OnceLock;

/// Runs a function in this thread and beside it in others, as many as there are processors but no more than `pieces`; returns
/// when all have ended. The function takes pieces of work until none is left.
pub fn in_threads(pieces: usize, work: impl Fn() + Sync) {
    // Asking the system reads files.
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors =
        *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZero::get));
    std::thread::scope(|scope| {
        for _ in 1..processors.min(pieces) {
            scope.spawn(&work);
        }
        work();
    });
}
