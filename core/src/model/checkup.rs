use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One fact about the machine, and what it means for measuring on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    /// The topic, in a fixed word or two: `governor`, `steal time`, ….
    pub topic: String,
    /// What was found, as text: `powersave`, `0.4 of 2 processors`, ….
    pub value: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it means for measuring, in a sentence.
    pub meaning: String,
    /// What to do about it; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    /// The same with this advice.
    pub fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

/// How much a fact about the machine matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// As it should be.
    Fine,
    /// Good to know when reading figures.
    Note,
    /// It makes figures noisier or shifts them.
    Warning,
    /// Measurements here are useless.
    Useless,
}

impl Severity {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Useless => "useless",
        }
    }
}

/// What the whole machine did during one run, read just before its spawn and just after its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Surroundings {
    /// Time between the two readings.
    pub elapsed: Duration,
    /// CPU time of all processes on all processors, the compiler and the harness among them. The kernel counts it in ticks,
    /// mostly of ten milliseconds: for short runs only the sum over many is meaningful.
    pub busy: Duration,
    /// Time during which processors had work but the hypervisor ran other guests, over all processors; also in ticks.
    pub stolen: Duration,
    /// How long the machine was suspended; the run's wall time does not contain it.
    pub suspended: Duration,
}

/// Something that casts doubt on a benchmark's figures. It is no failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunWarning {
    /// What kind of thing.
    pub kind: WarningKind,
    /// One sentence for the user.
    pub message: String,
    /// Of how many of its runs it is true.
    pub runs: usize,
    /// How bad it is, in the kind's own measure: see [`WarningKind`].
    pub degree: f64,
}

/// What casts doubt on a benchmark's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// A run was stopped and continued, or waited without work. The degree is the longest standstill in seconds.
    Stopped,
    /// Other programs worked meanwhile. The degree is how many processors they kept busy.
    OtherLoad,
    /// The hypervisor ran other guests meanwhile. The degree is the share of the processors' time that it took, 0 to 1.
    StolenTime,
    /// Wall time is far longer than CPU time. The degree is the largest ratio of the two.
    WallBeyondCpu,
    /// The runs differ widely. The degree is the interquartile range over the median.
    WideSpread,
}

impl WarningKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] =
        [Self::Stopped, Self::OtherLoad, Self::StolenTime, Self::WallBeyondCpu, Self::WideSpread];

    /// The words for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped or waiting",
            Self::OtherLoad => "other load",
            Self::StolenTime => "stolen time",
            Self::WallBeyondCpu => "wall beyond CPU time",
            Self::WideSpread => "wide spread",
        }
    }
}
