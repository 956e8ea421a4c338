//! One line on standard error that rewrites itself, only on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_inventory::Progress;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Line {
    bar: ProgressBar,
    done: AtomicUsize,
    known: AtomicUsize,
}

impl Line {
    pub(crate) fn new(name: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if std::io::stderr().is_terminal() {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.set_message(format!("resolving {}", plimsoll_report::plain(name)));
            bar.enable_steady_tick(std::time::Duration::from_millis(50));
        } else {
            // The thread that turns the spinner would hold up the end.
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self {
            bar,
            done: AtomicUsize::new(0),
            known: AtomicUsize::new(0),
        }
    }

    pub(crate) fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }
}

impl Progress for Line {
    fn layer_done(&self, _: usize, total: usize, cached: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let known =
            self.known.fetch_add(usize::from(cached), Ordering::Relaxed) + usize::from(cached);
        self.bar
            .set_message(format!("{done} of {total} layers read ({known} known)"));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
