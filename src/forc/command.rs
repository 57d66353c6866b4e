//! The command line of a build.

use std::ffi::OsString;
use std::path::Path;

use crate::model::{Protocol, Toolchain};
use crate::suite::Scenario;

/// The arguments by which `toolchain` builds the project in `folder` as `scenario` says, and tells its phases.
/// `metrics_file` is where a compiler that has no info markers is to write its sizes.
pub fn build_args(
    toolchain: &Toolchain,
    folder: &Path,
    scenario: &Scenario,
    extra: &[String],
    metrics_file: &Path,
) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["build".into(), "--path".into(), folder.into()];
    args.extend(scenario.args().map(OsString::from));
    args.extend(extra.iter().map(OsString::from));
    match toolchain.capabilities.protocol {
        Protocol::Markers => args.push("--profile".into()),
        // `--profile` would leave the file without phases and sizes: the two never stand together.
        Protocol::TimePhases | Protocol::WholeProcess => {
            if toolchain.capabilities.protocol == Protocol::TimePhases {
                args.push("--time-phases".into());
            }
            if toolchain.capabilities.metrics_file {
                args.push("--metrics-outfile".into());
                args.push(metrics_file.into());
            }
        }
    }
    args
}
