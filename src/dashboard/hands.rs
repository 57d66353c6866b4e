//! Several hands that make pages at once, each reading the history for itself.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::DashboardError;
use super::site::Site;
use crate::history::History;

/// So many pages wait to be written while more are made.
const WAITING: usize = 16;

/// Files that belong together, a name and a content each.
pub(super) type Files = Vec<(String, String)>;

/// The hands.
pub(super) struct Hands<'a> {
    /// Where the history is.
    pub(super) history: &'a Path,
}

impl Hands<'_> {
    /// Has the files that `make` makes of each of `wanted` in the site, known by what they are `made_of`. Every hand has a
    /// memory of its own.
    pub(super) fn put<W: Sync, M>(
        &self,
        site: &mut Site,
        wanted: &[W],
        made_of: impl Fn(&W) -> &str,
        memory: impl Fn() -> M + Sync,
        make: impl Fn(&History, &mut M, &W) -> Result<Files, DashboardError> + Sync,
    ) -> Result<(), DashboardError> {
        let hands = thread::available_parallelism().map_or(1, usize::from).min(wanted.len());
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(WAITING);
            for _ in 0..hands {
                let sender = sender.clone();
                let (next, memory, make) = (&next, &memory, &make);
                scope.spawn(move || {
                    let history = match History::open_read_only(self.history) {
                        Ok(history) => history,
                        // Nobody listens only where another hand has failed.
                        Err(error) => return drop(sender.send(Err(error.into()))),
                    };
                    let mut memory = memory();
                    while let Some(one) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let made = make(&history, &mut memory, one).map(|files| (one, files));
                        if sender.send(made).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for made in receiver {
                let (one, files) = made?;
                for (name, content) in files {
                    site.put_made(&name, made_of(one), || Ok(content))?;
                }
            }
            Ok(())
        })
    }
}
