//! The data that forc-perf measures and keeps: plain types and their serde form, nothing else.
//!
//! The core is [`Benchmark`], one run of one benchmark, with its [`BenchmarkPhase`]s and [`BenchmarkFrame`]s. A [`Report`]
//! is what one invocation of the harness measured. A [`Comparison`] has the runs of several compilers side by side, and the
//! findings. Every file that forc-perf writes is one or the other.

mod benchmark;
mod checkup;
mod comparison;
mod environment;
mod estimate;
mod instant;
mod instructions;
mod json;
mod report;
mod schema;
mod toolchain;

pub use crate::metric::{Direction, Metric, Unit};
pub use benchmark::{
    Accounting, Benchmark, BenchmarkFrame, BenchmarkPhase, CollectorCost, DataSection, EventCounts, Exit,
    PackageOutput, PhaseCost, Protocol, SamplerKind, SerdeFrames,
};
pub use checkup::{Check, RunWarning, Severity, Surroundings, WarningKind};
pub use comparison::call_same_binaries;
pub use comparison::{
    Basis, BenchmarkFindings, COMPARISON_SCHEMA_VERSION, CompareSettings, Comparison, ControlOutcome, FailedSides,
    Figure, Findings, Look, MOST_RUNS, OutputFinding, Schedule, Scope, Side, StdChoice, Total, UnmatchedPhase, Verdict,
};
pub use environment::{Cpu, Environment, LoadAverage};
pub use estimate::{Estimate, MetricSummary, PhaseSummary};
pub use instant::SerdeInstant;
pub use instructions::{InstructionCount, PhaseInstructions};
pub use report::{
    Completion, Failure, FailureKind, Harness, Measured, Measuring, OutputFile, Report, SCHEMA_VERSION, Settings,
    Skipped,
};
pub use schema::{COMPARISON_SCHEMA, REPORT_SCHEMA};
pub use toolchain::{Capabilities, Origin, Revision, Toolchain};
