//! The main job, `cargo bench`: all fixtures through a real forc, and the samples through Criterion.

use std::process::ExitCode;

use forc_perf::bench::Bench;

fn main() -> ExitCode {
    Bench::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).main()
}
