//! What the evaluation that runs in this thread has used of its memory and time.
//!
//! It belongs to the thread and not to the shell because the texts charge it themselves: no construct can make a text grow, or copy
//! one, without paying before. A text that cannot pay does not grow. What is computed with it is wrong then, but it goes nowhere:
//! the evaluation fails at its next step, and at the latest at its end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::error::{Cause, Fallback, Run, Stop};

/// Says whether the evaluation is to be stopped.
pub(crate) type Watch = Rc<dyn Fn() -> bool>;

/// So much work is done before the watch is asked again.
const PERIOD: u32 = 4096;

/// What a text costs besides its bytes: its place in a list, and what the allocator adds.
pub(crate) const OVERHEAD: usize = 64;

struct Meter {
    /// Bytes that may be used, and how many of them are left.
    most: Cell<u64>,
    left: Cell<u64>,
    exhausted: Cell<bool>,
    stopped: Cell<bool>,
    /// Work since the watch was asked; at [`PERIOD`] there is something to look at.
    work: Cell<u32>,
}

thread_local! {
    static METER: Meter = const {
        Meter {
            most: Cell::new(u64::MAX),
            left: Cell::new(u64::MAX),
            exhausted: Cell::new(false),
            stopped: Cell::new(false),
            work: Cell::new(0),
        }
    };
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// An evaluation that is metered until this is dropped.
pub(crate) struct Metered(());

impl Drop for Metered {
    fn drop(&mut self) {
        set(u64::MAX, None);
    }
}

/// Begins an evaluation that may use so many bytes.
pub(crate) fn begin(bytes: u64, watch: Option<Watch>) -> Metered {
    set(bytes, watch);
    Metered(())
}

fn set(bytes: u64, watch: Option<Watch>) {
    METER.with(|meter| {
        meter.most.set(bytes);
        meter.left.set(bytes);
        meter.exhausted.set(false);
        meter.stopped.set(false);
        meter.work.set(0);
    });
    WATCH.with(|current| current.replace(watch));
}

/// Takes bytes; false, and the evaluation fails, if they are not left.
#[inline]
pub(crate) fn take(bytes: usize) -> bool {
    METER.with(|meter| match meter.left.get().checked_sub(bytes as u64) {
        Some(left) => {
            meter.left.set(left);
            true
        }
        None => {
            exhaust(meter);
            false
        }
    })
}

#[cold]
fn exhaust(meter: &Meter) {
    // Not even what is smaller fits from now on.
    meter.left.set(0);
    meter.exhausted.set(true);
    meter.work.set(PERIOD);
}

/// Counts work, and fails when the memory is used up or the watch says stop.
#[inline]
pub(crate) fn work(amount: u32) -> Run {
    METER.with(|meter| {
        let work = meter.work.get() + amount;
        if work < PERIOD {
            meter.work.set(work);
            return Ok(());
        }
        look(meter)
    })
}

#[cold]
fn look(meter: &Meter) -> Run {
    // It stays at the period, so that whatever follows fails as well.
    meter.work.set(PERIOD);
    verdict(meter)?;
    let stop = WATCH.with_borrow(|watch| watch.as_ref().is_some_and(|watch| watch()));
    meter.stopped.set(stop);
    verdict(meter)?;
    meter.work.set(0);
    Ok(())
}

/// Fails if the evaluation has been stopped, or has wanted more memory than there was for it.
pub(crate) fn check() -> Run {
    METER.with(verdict)
}

fn verdict(meter: &Meter) -> Run {
    if meter.exhausted.get() {
        let limit = Fallback::Limit {
            most: meter.most.get(),
            what: "bytes of values",
        };
        return Err(limit.into());
    }
    if meter.stopped.get() {
        return Err(Stop::from(Cause::Stopped));
    }
    Ok(())
}
