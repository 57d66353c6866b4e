//! The options of Criterion that apply to existing samples.

use std::path::Path;

use clap::Args;

use super::error::BenchError;
use crate::cli::options::Colour;
use crate::cli::say;

/// Options that are passed on to Criterion.
#[derive(Debug, Args)]
#[command(next_help_heading = "Criterion's options")]
pub(super) struct CriterionOptions {
    /// Save the statistics as a named baseline
    #[arg(short = 's', long, value_name = "NAME")]
    save_baseline: Option<String>,

    /// Compare with a named baseline, which must exist; newer benchmarks are not compared
    #[arg(short = 'b', long, value_name = "NAME", conflicts_with = "save_baseline")]
    baseline: Option<String>,

    /// Compare with a named baseline, if it exists
    #[arg(long, value_name = "NAME", conflicts_with_all = ["save_baseline", "baseline"])]
    baseline_lenient: Option<String>,

    /// Measure nothing, and compare this baseline with the one of --baseline
    #[arg(long, value_name = "NAME", requires = "baseline")]
    load_baseline: Option<String>,

    /// Keep no statistics of this run
    #[arg(long, conflicts_with_all = ["save_baseline", "baseline", "baseline_lenient"])]
    discard_baseline: bool,

    /// Draw none of Criterion's own charts
    #[arg(short = 'n', long)]
    pub noplot: bool,

    /// Colours: auto, always or never
    #[arg(short = 'c', long, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub color: Colour,

    /// Print Criterion's results with all figures, also for every phase
    #[arg(short = 'v', long)]
    pub verbose: bool,

    /// Print Criterion's lines as the old `bencher` crate did
    #[arg(long, value_name = "FORMAT", value_parser = ["criterion", "bencher"])]
    output_format: Option<String>,

    /// Resamples of Criterion's bootstrap [default: 2000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    nresamples: Option<u32>,

    /// Changes below this fraction are noise for Criterion
    #[arg(long, value_name = "FRACTION")]
    noise_threshold: Option<f64>,

    /// Confidence of Criterion's intervals
    #[arg(long, value_name = "FRACTION")]
    confidence_level: Option<f64>,

    /// Significance of Criterion's comparisons
    #[arg(long, value_name = "FRACTION")]
    significance_level: Option<f64>,
}

impl CriterionOptions {
    /// Whether an existing baseline replaces the measurement.
    pub fn loads_baseline(&self) -> bool {
        self.load_baseline.is_some()
    }

    /// The option that saves samples as a baseline or compares them with one, if it is given.
    pub fn names_a_baseline(&self) -> Option<&'static str> {
        let given = [
            ("--save-baseline", &self.save_baseline),
            ("--baseline", &self.baseline),
            ("--baseline-lenient", &self.baseline_lenient),
        ];
        // Without a measurement there is no number of runs to check.
        given.into_iter().find(|(_, name)| name.is_some() && !self.loads_baseline()).map(|(option, _)| option)
    }

    /// Checks that the baseline to compare with exists: before the measurement, not after it.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn check_baseline(&self, criterion: &Path) -> Result<(), BenchError> {
        let is_there = |name: &str| {
            let folders = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            folders(criterion).flat_map(|group| folders(&group.path())).any(|one| one.path().join(name).is_dir())
        };
        match [&self.load_baseline, &self.baseline].into_iter().flatten().find(|name| !is_there(name)) {
            Some(name) => Err(BenchError::NoBaseline { name: name.clone(), criterion: criterion.to_owned() }),
            None => Ok(()),
        }
    }

    /// The command line for Criterion. Its output goes through a pipe, also to a terminal.
    pub fn to_args(&self, terminal: bool) -> Vec<String> {
        let mut args = vec!["--bench".to_owned()];
        let mut valued = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                args.push(format!("--{flag}={value}"));
            }
        };
        valued("save-baseline", self.save_baseline.clone());
        // Criterion panics if the baseline is missing, and loses the other results. That it exists was checked before.
        let lenient = self.baseline.as_ref().filter(|_| !self.loads_baseline());
        valued("baseline", self.baseline.clone().filter(|_| self.loads_baseline()));
        valued("baseline-lenient", lenient.or(self.baseline_lenient.as_ref()).cloned());
        valued("load-baseline", self.load_baseline.clone());
        let color = match self.color {
            Colour::Auto if terminal => "always",
            Colour::Always => "always",
            Colour::Auto | Colour::Never => "never",
        };
        valued("color", Some(color.to_owned()));
        valued("output-format", self.output_format.clone());
        valued("nresamples", self.nresamples.map(|n| n.to_string()));
        valued("noise-threshold", self.noise_threshold.map(|n| n.to_string()));
        valued("confidence-level", self.confidence_level.map(|n| n.to_string()));
        valued("significance-level", self.significance_level.map(|n| n.to_string()));
        let flags = [
            ("--discard-baseline", self.discard_baseline),
            ("--noplot", self.noplot),
            ("--verbose", self.verbose),
            ("--quiet", !self.verbose),
        ];
        args.extend(flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.to_owned()));
        args
    }
}

/// Prints a note under the help about Criterion's other options.
pub fn print_note() {
    say(
        "\nCriterion's options --warm-up-time, --measurement-time and --profile-time do not apply: all runs are made before\n\
         Criterion sees them. --sample-size is --samples. A filter is a part of an id or a glob, not a regular expression as\n\
         in Criterion. --exact and --format are not supported.",
    );
}
