//! Worker threads that make pages, each with its own connection to the history.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::DashboardError;
use super::site::Site;
use crate::history::History;

/// How many finished pages may wait to be written.
const WAITING: usize = 16;

/// Files that belong together, each with a name and a content.
pub(super) type Files = Vec<(String, String)>;

/// The worker threads.
pub(super) struct Hands<'a> {
    /// Where the history is.
    pub(super) history: &'a Path,
}

impl Hands<'_> {
    /// Writes the files that `make` makes for each of `wanted` to the site, identified by what they are `made_of`. Every
    /// worker has its own memory.
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
                        // The channel is only closed if another worker has failed.
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
