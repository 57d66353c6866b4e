//! forc-perf, the benchmark harness for the Sway compiler.
//!
//! [`mod@bench`] is the main of a bench target and [`cli`] that of the command; both read their options, have [`session`]
//! measure a suite, and show the [`model::Report`] that comes of it. A session finds its compiler through [`forc`], its
//! projects through [`suite`] and the order of its runs through [`schedule`], makes each run with the [`collector`], and
//! has [`summary`] and [`stats`] say what the runs say. [`doctor`] says whether the machine can measure. [`history`] keeps reports over the years. [`report`] and [`chart`]
//! only show.

pub mod bench;
pub mod cache;
pub mod chart;
pub mod cli;
pub mod collector;
pub mod compare;
pub mod dashboard;
pub mod doctor;
mod draft;
pub mod environment;
pub mod forc;
pub mod git;
pub mod history;
pub mod model;
pub mod process;
pub mod report;
pub mod schedule;
mod scratch;
pub mod session;
pub mod stats;
mod suggest;
pub mod suite;
pub mod summary;
mod text;
pub mod trends;

/// The examples of the book, compiled with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/book/src/other-repositories.md")]
struct BookExamples;
