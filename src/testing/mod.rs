//! What tests share: the kit of made-up reports of `forc-perf-core`, checks of pages, and the test of the arrows.

mod architecture;
#[path = "../../core/src/testing/mod.rs"]
#[allow(dead_code, reason = "the core's tests use the rest")]
mod kit;
pub(crate) mod page;

pub(crate) use kit::*;
