//! The core of forc-perf: what measures a build ([`collector`]), computes its [`figures`], judges two sides ([`verdict`], by
//! [`stats`]) and draws the result ([`chart`]). The package `forc-perf` exports all of it under the same names.

// No panic on any input: what cannot fail says why where it is allowed.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]
// The exceptions are in `os`: one module per system interface that no crate offers.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod chart;
pub mod collector;
pub mod figures;
pub mod metric;
pub mod model;
pub mod os;
pub mod phase;
pub mod stats;
#[cfg(test)]
#[allow(dead_code, reason = "the tests of forc-perf use the rest")]
mod testing;
pub mod text;
pub mod verdict;
