use serde::{Deserialize, Serialize};

use crate::model::{Metric, Origin, Report, Revision};

/// Where a report comes from, in addition to what the report contains.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The commit or release that was measured; absent for a compiler of unknown origin.
    pub commit: Option<CommitRef>,
    /// Who measured it.
    #[serde(default)]
    pub source: Source,
    /// Figures of whole runs that a report has no field for: other harnesses measure other things.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<ExtraFigure>,
}

/// A commit of the compiler's repository, or a release of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRef {
    /// Its whole id; of a changed work tree, the id of its content; of a release, its tag, such as `v0.72.1`.
    pub id: String,
    /// When it was made, RFC 3339.
    #[serde(default)]
    pub time: Option<String>,
    /// The first line of its message.
    #[serde(default)]
    pub subject: String,
    /// Its position in the topological order of a checkout, from 0; absent where no checkout was read.
    #[serde(default)]
    pub position: Option<u64>,
}

impl CommitRef {
    /// The id as it is usually shown: ten digits of a commit, the whole name of a release.
    pub fn short(&self) -> &str {
        if self.is_release() { &self.id } else { self.id.get(..10).unwrap_or(&self.id) }
    }

    /// Whether it is a release's tag.
    pub fn is_release(&self) -> bool {
        self.id.starts_with('v')
    }
}

/// Who measured a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// This harness.
    #[default]
    ForcPerf,
    /// The first forc-perf, whose files contain runs and nothing about machine or compiler.
    FirstForcPerf,
    /// dyno, the first forc-perf's successor.
    Dyno,
    /// The compiler's own CI, whose record of each commit is public.
    PublicRecord,
}

impl Source {
    /// The name used in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForcPerf => "forc-perf",
            Self::FirstForcPerf => "first-forc-perf",
            Self::Dyno => "dyno",
            Self::PublicRecord => "public-record",
        }
    }

    /// The source of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::ForcPerf, Self::FirstForcPerf, Self::Dyno, Self::PublicRecord]
            .into_iter()
            .find(|source| source.name() == name)
    }
}

/// Values of one metric of a benchmark's runs, in the metric's unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExtraFigure {
    /// The benchmark's id.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// One value per run.
    pub values: Vec<f64>,
}

impl Provenance {
    /// The origin of a report of this harness, from the report itself.
    ///
    /// A revision has its commit, a release its tag: a checkout gives the date of that, and until one is read the report is
    /// placed by when it was measured. Of any other binary only the version that it claims is known, and that is not a
    /// commit.
    pub fn of(report: &Report) -> Self {
        let commit = match &report.toolchain.origin {
            Origin::Revision(revision) => Some(commit_of(revision, &report.created)),
            Origin::Release(version) => Some(CommitRef {
                id: format!("v{version}"),
                time: None,
                subject: format!("release {version}"),
                position: None,
            }),
            Origin::Path | Origin::Variable | Origin::SearchPath | Origin::Fuelup(_) => None,
        };
        Self { commit, source: Source::ForcPerf, figures: Vec::new() }
    }
}

/// A changed work tree is not the commit that it is based on: it has an id of its own and the time at which it was measured.
fn commit_of(revision: &Revision, created: &str) -> CommitRef {
    match &revision.tree {
        Some(tree) => CommitRef {
            id: tree.clone(),
            time: Some(created.to_owned()),
            subject: format!(
                "changed work tree on {} {}",
                revision.commit.get(..10).unwrap_or(&revision.commit),
                revision.subject
            ),
            position: None,
        },
        None => CommitRef {
            id: revision.commit.clone(),
            time: revision.committed.clone(),
            subject: revision.subject.clone(),
            position: None,
        },
    }
}
