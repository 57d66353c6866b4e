//! What is built for the figures: two of the fixtures, and a real program where there is one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use forc_perf::collector::{self, Invocation, Options, Recording, Split};
use forc_perf::model::{Benchmark, Protocol, Toolchain};
use forc_perf::os::Interrupt;
use forc_perf::suite::{self, Bounds, Stage};

use crate::figures::Error;

/// How long the short one of the two fixtures takes about, on whatever machine this is.
const SHORT: Duration = Duration::from_millis(100);

/// Names the folder of a real program.
const PROJECT_VARIABLE: &str = "FORC_PERF_PROJECT";
/// Names a copy of the std for it.
const STD_VARIABLE: &str = "FORC_PERF_STD";

/// The fixture that takes about [`SHORT`] here, the heaviest one, and the real program that the environment names.
pub fn subjects(toolchain: &Toolchain) -> Result<Vec<Subject>, Error> {
    let mut fixtures = Vec::new();
    for project in &suite::discover(fixtures_folder(), &[])?.projects {
        fixtures.push(Subject::new(toolchain, format!("{}/{}", project.group, project.name), &project.folder, None)?);
    }
    fixtures.sort_by_key(|subject| subject.wall);
    let heaviest = fixtures.pop().ok_or("there are no fixtures")?;
    let short = fixtures.into_iter().min_by_key(|subject| subject.wall.abs_diff(SHORT));
    let mut subjects = vec![short.ok_or("there is one fixture only")?, heaviest];
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    match variable(PROJECT_VARIABLE) {
        Some(project) => {
            let folder = PathBuf::from(project).canonicalize()?;
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let std = variable(STD_VARIABLE).map(|std| Path::new(&std).canonicalize()).transpose()?;
            subjects.push(Subject::new(toolchain, format!("{name} (real)"), &folder, std)?);
        }
        None => eprintln!("no real program: {PROJECT_VARIABLE} names none"),
    }
    for (subject, what) in subjects.iter().zip(["the short fixture", "the heaviest fixture", "the real program"]) {
        eprintln!("{what} is {} ({:.0?})", subject.name, subject.wall);
    }
    Ok(subjects)
}

/// The folder of the fixtures.
pub fn fixtures_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

/// A project, copied and ready to be built.
pub struct Subject {
    /// Its name.
    pub name: String,
    /// How long a build takes about.
    pub wall: Duration,
    stage: Stage,
    forc: PathBuf,
    std: Option<PathBuf>,
}

impl Subject {
    fn new(toolchain: &Toolchain, name: String, folder: &Path, std: Option<PathBuf>) -> Result<Self, Error> {
        let (stage, forc) = (Stage::new(folder, &Bounds::within(Path::new("/"), &[]))?, toolchain.path.clone());
        let mut subject = Self { name, wall: Duration::ZERO, stage, forc, std };
        let wall = |recording: Recording| recording.exited.duration_since(recording.started);
        // The first one reads it all from the disk.
        let first = wall(subject.collected("--profile", &Options::default())?);
        subject.wall = first.min(wall(subject.collected("--profile", &Options::default())?));
        Ok(subject)
    }

    /// A build that tells its phases as `flag` says.
    pub fn invocation(&self, flag: &str) -> Invocation {
        let args: [OsString; 4] = ["build".into(), "--path".into(), self.stage.project().into(), flag.into()];
        let std = self.std.iter().map(|std| ("FORC_IMPLICIT_STD_PATH".into(), std.into()));
        Invocation {
            program: self.forc.clone(),
            args: args.to_vec(),
            env: std.collect(),
            folder: self.stage.project().to_owned(),
        }
    }

    /// A build with the collector on.
    pub fn collected(&self, flag: &str, options: &Options) -> Result<Recording, Error> {
        let recording = collector::collect(&self.invocation(flag), options, &Interrupt::new())?;
        if recording.exit.success() {
            Ok(recording)
        } else {
            Err(format!("{} failed: {}", self.name, recording.stderr).into())
        }
    }

    /// A build as a run of a report.
    pub fn run(&self, options: &Options) -> Result<Benchmark, Error> {
        let recording = self.collected("--profile", options)?;
        Ok(collector::assemble(self.name.clone(), self.stage.project(), Protocol::Markers, recording))
    }
}

/// The collector as `run` has it by default, with frames at this interval.
pub fn options(interval: Duration) -> Options {
    Options { interval: Some(interval), split: Split::of_this_machine(), ..Options::default() }
}
