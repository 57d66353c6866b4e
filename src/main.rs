//! The command `forc-perf`.

use std::process::ExitCode;

fn main() -> ExitCode {
    forc_perf::cli::main()
}
