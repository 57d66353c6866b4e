//! Measuring: compilers and how they are found and built, runs of them, and what is recorded when they fail or are killed.

#[path = "../support/mod.rs"]
mod support;

mod callgrind;
mod collector;
mod collector_together;
mod compilers;
mod copies;
mod failures;
mod kills;
mod protocols;
mod real_forc;
mod revisions;
mod toolchains;
