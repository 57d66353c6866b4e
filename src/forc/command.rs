//! The command line of a build.

use std::ffi::OsString;
use std::path::Path;

use crate::model::{Protocol, Toolchain};
use crate::suite::Scenario;

/// The arguments with which `toolchain` builds the project in `folder` in `scenario`, and reports its phases.
/// `metrics_file` is the file to which a compiler without info markers should write its sizes.
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
        // With `--profile` the file would have no phases and sizes: the two flags are never given together.
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
