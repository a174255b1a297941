//! The bar on a terminal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::stdout;

/// Shows how far a run is; nothing when standard error is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    failures: AtomicUsize,
}

impl Progress {
    pub(crate) fn new(total: usize, wanted: bool) -> Self {
        let shown = wanted && stdout::error_is_terminal();
        let target = if shown {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let colour = if std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) {
            ".cyan"
        } else {
            ""
        };
        let template =
            format!("{{bar:30{colour}}} {{pos}}/{{len}} ebuilds  {{per_sec}}  {{eta}} left{{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        if shown {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self {
            bar,
            failures: AtomicUsize::new(0),
        }
    }

    pub(crate) fn step(&self, failed: bool) {
        if failed {
            let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.set_message(format!("  {failures} failed"));
        }
        self.bar.inc(1);
    }

    /// Leaves so many ebuilds behind.
    pub(crate) fn skip(&self, count: usize) {
        self.bar.inc(count as u64);
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
