//! forc-perf, the benchmark harness for the Sway compiler.
//!
//! [`mod@bench`] is the main function of a bench target, and [`cli`] that of the command. Both call [`session`] to measure a
//! suite, and show the resulting [`model::Report`]. A session finds its compiler through [`forc`] and its projects through
//! [`suite`], and makes each run with the [`collector`]. [`figures`] computes what the runs took, [`verdict`] compares two
//! sides, [`words`] describes the result in text, and [`report`], [`chart`] and [`dashboard`] show it. [`history`] keeps
//! reports over the years, [`trends`] finds what changed since when, and [`doctor`] checks whether the machine can measure.
//! ARCHITECTURE.md has an overview.

// No panic on any input: what cannot fail says why where it is allowed.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]
// The exceptions are in `os`: one module per system interface that no crate offers.
#![deny(unsafe_code)]

pub use forc_perf_core::{chart, collector, figures, metric, model, os, phase, stats, text, verdict};

pub mod bench;
pub mod cli;
pub mod dashboard;
pub mod doctor;
pub mod forc;
pub mod history;
pub mod report;
pub mod session;
pub mod suite;
#[cfg(test)]
mod testing;
pub mod trends;
pub mod words;

/// The examples of the book, compiled with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/book/src/other-repositories.md")]
struct BookExamples;
