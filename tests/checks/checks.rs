//! Tests of the library with tools of their own: fuzz targets, properties, snapshots, and the JSON Schemas.

#[path = "../support/demo.rs"]
mod demo;
#[path = "../support/mod.rs"]
mod support;

mod hostile;
mod properties;
mod schema;
mod snapshots;

use std::sync::LazyLock;

use forc_perf::forc::ToolchainSpec;
use forc_perf::model::{Comparison, Report};
use forc_perf::os::Interrupt;
use forc_perf::session::{self, Config};
use forc_perf::verdict;
use support::{Bed, stand_in};

/// A report that was really measured, once for all tests: a good benchmark, a failed one, something skipped.
fn recorded() -> &'static Report {
    static RECORDED: LazyLock<Report> = LazyLock::new(|| {
        let bed = Bed::new();
        // Long enough for frames on any machine.
        bed.project("good/good", "package library std\npackage script good\nsleep 300");
        bed.project("bad/bad", "err error: no\nexit 1");
        bed.project_with("new/new", "[project.metadata.forc-perf]\nmin-forc = \"9.9.9\"", "package script new");
        let mut config = Config::new(bed.path("suite"));
        config.forc = Some(ToolchainSpec::Path(stand_in().to_owned()));
        config.samples = Some(3);
        config.pin = false;
        config.interval = std::time::Duration::from_millis(1);
        session::measure(&config, &Interrupt::new(), &mut |_| ()).unwrap()
    });
    &RECORDED
}

/// Two made-up reports of neighbouring nights: the second is slower in one phase.
fn nights() -> [Report; 2] {
    [demo::NEW - 1, demo::NEW].map(|night| demo::report(night, night, demo::Machine::First))
}

/// What their comparison says.
fn compared() -> Comparison {
    let names = [demo::NEW - 1, demo::NEW].map(demo::short);
    verdict::of_reports(nights(), names, &verdict::thresholds(&Default::default()), false).unwrap()
}
