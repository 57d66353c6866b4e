//! How users name reports, and which two of them a pair of names means.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{ReportInfo, Source};
use crate::model::StdChoice;

/// How many candidates a message names.
const MOST_NAMED: usize = 5;
/// How many digits of a report's digest its name has.
const DIGEST: usize = 8;
/// How many characters of a commit's id its name has at most.
const LONGEST: usize = 40;

/// Why a name does not mean exactly one report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There are no reports at all.
    #[error("the history holds no report; `forc-perf run --record` adds one")]
    Empty,
    /// No report has this name.
    #[error(
        "no report is called `{name}`; expected a report's number or name, a commit, a release, a date, `latest` or \
         `latest~N`, such as {candidates}"
    )]
    Unknown {
        /// The given name.
        name: String,
        /// The known reports, the latest first.
        candidates: String,
    },
    /// Several commits have this name.
    #[error("`{name}` means several commits: {candidates}; give more of the id, or a report's number")]
    Ambiguous {
        /// The given name.
        name: String,
        /// What it can mean.
        candidates: String,
    },
    /// There are fewer reports than that.
    #[error("`{name}` goes back too far: {count} came before the latest on its machine; the first is {first}")]
    TooFar {
        /// The given name.
        name: String,
        /// How many earlier reports there are.
        count: String,
        /// The first of them.
        first: String,
    },
    /// All reports are later.
    #[error("no report is as old as {name}; the first is {first}")]
    TooEarly {
        /// The date.
        name: String,
        /// The first report.
        first: String,
    },
}

impl ReportInfo {
    /// The report's name in files and links: its commit, with digits that distinguish it from other reports of that commit,
    /// such as `0a1b2c3d4e-89abcdef`. It consists of letters, digits, dots and dashes, does not begin with a dot, and is the
    /// same in every history.
    pub fn name(&self) -> String {
        let what = self.commit.as_ref().map_or("report", |commit| commit.short());
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let what: String = what.chars().take(LONGEST).map(plain).collect();
        // A file whose name begins with a dot would be hidden, and a word that begins with a dash would be read as a flag.
        let what = what.trim_start_matches(['.', '-']);
        format!("{what}-{}", self.digest.get(..DIGEST).unwrap_or(&self.digest)).trim_start_matches('-').to_owned()
    }

    /// Whether both were measured in the same way, so that their figures are points of the same series: by the same harness
    /// on one class of machine, with the same choice of std.
    pub fn is_of_same_series(&self, other: &Self) -> bool {
        self.series() == other.series()
    }

    fn series(&self) -> (&super::MachineClass, &StdChoice, Source) {
        (&self.machine, &self.std, self.source)
    }

    /// When its compiler's commit was made, or else when it was measured, RFC 3339.
    pub fn date(&self) -> &str {
        self.commit.as_ref().and_then(|commit| commit.time.as_deref()).unwrap_or(&self.created)
    }

    /// The short name of its compiler: the abbreviated commit, or the version.
    pub fn compiler(&self) -> &str {
        self.commit.as_ref().map_or(&self.version, |commit| commit.short())
    }

    /// Its number with compiler and date: `12 (0a1b2c3d4e of 2026-11-24)`. Without control characters, which could change a
    /// terminal's state.
    fn summary(&self) -> String {
        let text = format!("{} ({} of {})", self.id, self.compiler(), self.date().get(..10).unwrap_or(self.date()));
        text.chars().filter(|c| !c.is_control()).collect()
    }
}

/// The reports that `name` means; the last of them is the one that it means by itself. Of all reports, which have to be in
/// the order of the commits, it means
///
/// - the one of this number, name ([`ReportInfo::name`]) or digest;
/// - `latest`: the last one; `latest~2`: the second before that in the series that it is of;
/// - all of the commit whose id begins with it, or of a release (`0.72.1`, `v0.72.1`); of a release that was never measured
///   as one, all whose compiler claims that version, if they are of one commit;
/// - `2024-06-01`, or a time as RFC 3339: all whose commit was made on that day (UTC) or before, or that were measured
///   then where the commit's time is not known.
///
/// # Errors
/// If that is none, or if several commits match.
pub fn named<'a>(reports: &'a [ReportInfo], name: &str) -> Result<Vec<&'a ReportInfo>, NameError> {
    let Some(last) = reports.last() else { return Err(NameError::Empty) };
    let number: Option<i64> = name.parse().ok();
    let is_it = |report: &&ReportInfo| {
        number == Some(report.id.0) || report.digest == name || name.contains('-') && report.name() == name
    };
    if let Some(report) = reports.iter().find(is_it) {
        return Ok(vec![report]);
    }
    if let Some(back) = steps_back(name) {
        let before: Vec<&ReportInfo> = reports.iter().filter(|report| report.is_of_same_series(last)).collect();
        let wanted = before.len().checked_sub(1).and_then(|end| end.checked_sub(back)).and_then(|at| before.get(at));
        return wanted.map(|report| vec![*report]).ok_or_else(|| NameError::TooFar {
            name: name.to_owned(),
            count: match before.len() - 1 {
                1 => "1 report".to_owned(),
                count => format!("{count} reports"),
            },
            first: before.first().map_or_else(String::new, |report| report.summary()),
        });
    }
    if let Some(until) = end_of(name) {
        let is_in_time = |report: &&ReportInfo| report.date().parse::<Timestamp>().is_ok_and(|date| date <= until);
        let found: Vec<&ReportInfo> = reports.iter().filter(is_in_time).collect();
        let first = reports.first().map_or_else(String::new, ReportInfo::summary);
        return if found.is_empty() { Err(NameError::TooEarly { name: name.to_owned(), first }) } else { Ok(found) };
    }
    let of_commit = by_commit(reports, name);
    let found = if of_commit.is_empty() { by_version(reports, name) } else { of_commit };
    match first_of_each(&found).as_slice() {
        [] => Err(NameError::Unknown { name: name.to_owned(), candidates: listed(&latest(reports)) }),
        [_] => Ok(found),
        several => Err(NameError::Ambiguous { name: name.to_owned(), candidates: listed(several) }),
    }
}

/// The two reports that `base` and `other` mean: of those that each name means the last two of one series, or else of one
/// class of machine, or else the last of each. Where several machines have measured the other's commit, that is the one
/// that has measured the later base.
///
/// # Errors
/// If one of the names means none, or several commits.
pub fn pair<'a>(reports: &'a [ReportInfo], base: &str, other: &str) -> Result<[&'a ReportInfo; 2], NameError> {
    let (bases, others) = (named(reports, base)?, named(reports, other)?);
    let fitting = |fits: &dyn Fn(&ReportInfo, &ReportInfo) -> bool| {
        let fit = |other: &'a ReportInfo| Some((bases.iter().rposition(|base| fits(base, other))?, other));
        let all: Vec<(usize, &ReportInfo)> = others.iter().filter_map(|other| fit(other)).collect();
        let commit = all.last()?.1.commit.as_ref().map(|commit| &commit.id);
        let of_commit = all.iter().filter(|(_, other)| other.commit.as_ref().map(|commit| &commit.id) == commit);
        let (at, other) = of_commit.max_by_key(|(at, _)| *at)?;
        Some([*bases.get(*at)?, *other])
    };
    fitting(&ReportInfo::is_of_same_series)
        .or_else(|| fitting(&|base, other| base.machine == other.machine))
        .or_else(|| fitting(&|_, _| true))
        .ok_or(NameError::Empty)
}

/// The names of the two sides of a comparison: their compilers, with time or digest where the compilers are the same.
pub fn side_names(pair: [&ReportInfo; 2]) -> [String; 2] {
    let compilers = pair.map(|report| report.compiler().to_owned());
    let differ = |names: &[String; 2]| names[0] != names[1];
    if differ(&compilers) {
        return compilers;
    }
    let measured = pair.map(|report| {
        let time = report.created.get(..19).unwrap_or(&report.created).replace('T', " ");
        format!("{} of {time}", report.compiler())
    });
    if differ(&measured) { measured } else { pair.map(ReportInfo::name) }
}

/// How many steps back from the latest.
fn steps_back(name: &str) -> Option<usize> {
    let rest = name.strip_prefix("latest")?;
    if rest.is_empty() { Some(0) } else { rest.strip_prefix('~')?.parse().ok() }
}

/// The last moment of a day (UTC), or a moment.
fn end_of(name: &str) -> Option<Timestamp> {
    // A name of digits only may be the beginning of a commit's id.
    let day = || name.contains('-').then(|| name.parse::<Date>().ok()).flatten();
    let end = |day: Date| {
        let next = day.checked_add(1.day()).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        next.checked_sub(1.nanosecond()).ok()
    };
    name.parse().ok().or_else(|| end(day()?))
}

/// Reports of the commits whose id begins with `name`, or of the one whose whole id it is.
fn by_commit<'a>(reports: &'a [ReportInfo], name: &str) -> Vec<&'a ReportInfo> {
    let wanted = name.to_ascii_lowercase();
    // Users usually leave out the `v` of a release's tag.
    let of_release = wanted.contains('.').then(|| format!("v{wanted}"));
    let begins = |id: &str| {
        let id = id.to_ascii_lowercase();
        let begin = |text: &str| !text.is_empty() && id.starts_with(text);
        (begin(&wanted) || of_release.as_deref().is_some_and(begin), id == wanted || of_release.as_ref() == Some(&id))
    };
    let (mut begun, mut whole) = (Vec::new(), Vec::new());
    for report in reports {
        let Some(commit) = &report.commit else { continue };
        let (begins, is_whole) = begins(&commit.id);
        if begins {
            begun.push(report);
        }
        if is_whole {
            whole.push(report);
        }
    }
    if whole.is_empty() { begun } else { whole }
}

/// Reports whose compiler claims this version.
fn by_version<'a>(reports: &'a [ReportInfo], name: &str) -> Vec<&'a ReportInfo> {
    let version = name.strip_prefix('v').unwrap_or(name);
    reports.iter().filter(|report| !version.is_empty() && report.version == version).collect()
}

/// A report of each commit among them; those of no known commit are one.
fn first_of_each<'a>(reports: &[&'a ReportInfo]) -> Vec<&'a ReportInfo> {
    let id = |report: &ReportInfo| report.commit.as_ref().map(|commit| commit.id.clone());
    let mut known = Vec::new();
    reports
        .iter()
        .filter(|report| {
            let id = id(report);
            let is_new = !known.contains(&id);
            known.push(id);
            is_new
        })
        .copied()
        .collect()
}

fn latest(reports: &[ReportInfo]) -> Vec<&ReportInfo> {
    reports.iter().rev().take(2).collect()
}

fn listed(reports: &[&ReportInfo]) -> String {
    let mut names: Vec<String> = reports.iter().take(MOST_NAMED).map(|report| report.summary()).collect();
    if reports.len() > MOST_NAMED {
        names.push(format!("and {} more", reports.len() - MOST_NAMED));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{CommitRef, MachineClass, ReportId};

    fn machine(memory_gib: u64) -> MachineClass {
        MachineClass { arch: "x86_64".into(), processor: None, processors: 2, memory_gib, virtual_machine: None }
    }

    fn info(number: i64, commit: Option<&str>, day: u32, memory: u64) -> ReportInfo {
        ReportInfo {
            id: ReportId(number),
            digest: format!("{:08x}{:056x}", 0xabcd_0000_i64 + number, 7),
            created: format!("2026-11-{day:02}T10:00:00Z"),
            commit: commit.map(|id| CommitRef {
                id: id.to_owned(),
                time: Some(format!("2026-10-{day:02}T23:30:00Z")),
                subject: String::new(),
                position: None,
            }),
            version: "0.72.1".to_owned(),
            source: Source::ForcPerf,
            machine: machine(memory),
            std: StdChoice::Own,
            complete: true,
            benchmarks: 3,
            runs: 30,
            failures: 0,
            has_frames: true,
        }
    }

    fn reports() -> Vec<ReportInfo> {
        vec![
            info(1, Some("v0.72.0"), 1, 8),
            info(2, Some("0a1b2c3d4e5f"), 2, 8),
            info(3, Some("0a1b2c3d4e5f"), 2, 16),
            info(4, Some("0a1fffffffff"), 3, 8),
            info(5, Some("12345678abcd"), 4, 16),
            info(6, Some("v0.72.1"), 5, 8),
        ]
    }

    fn found(name: &str) -> Vec<i64> {
        named(&reports(), name).unwrap().iter().map(|report| report.id.0).collect()
    }

    #[test]
    fn a_report_is_meant_by_number_name_commit_release_date_or_place() {
        assert_eq!(found("2"), [2]);
        assert_eq!(found(&reports()[3].name()), [4]);
        assert_eq!(found(&reports()[3].digest), [4]);
        assert_eq!(found("0A1B"), [2, 3]);
        assert_eq!(found("12345678"), [5], "no report has that number");
        assert_eq!(found("0.72.0"), [1]);
        assert_eq!(found("v0.72.1"), [6]);
        assert_eq!(found("2026-10-02"), [1, 2, 3]);
        assert_eq!(found("2026-10-02T12:00:00Z"), [1]);
        assert_eq!(found("2030-01-01"), [1, 2, 3, 4, 5, 6]);
        assert_eq!((found("latest"), found("latest~0")), (vec![6], vec![6]));
        assert_eq!((found("latest~1"), found("latest~2")), (vec![4], vec![2]), "on the machine of the latest");
    }

    #[test]
    fn a_name_of_no_or_several_reports_is_an_error_with_candidates() {
        let error = |name: &str| named(&reports(), name).unwrap_err().to_string();
        let several = error("0a1");
        assert!(several.contains("2 (0a1b2c3d4e of 2026-10-02), 4 (0a1fffffff of 2026-10-03)"), "{several}");
        assert!(error("0.72").contains("1 (v0.72.0 of 2026-10-01), 6 (v0.72.1"), "{}", error("0.72"));
        let unknown = error("nonsense");
        assert!(unknown.contains("no report is called `nonsense`") && unknown.contains("6 (v0.72.1"), "{unknown}");
        assert_eq!(found("latest~3"), [1]);
        assert!(error("latest~4").contains("goes back too far: 3 reports came before"), "{}", error("latest~4"));
        assert!(error("2020-01-01").contains("the first is 1 (v0.72.0"), "{}", error("2020-01-01"));
        for strange in ["", "~1", "latest~", "latest~x", "-1", "99999999999999999999", "latest~99999999999999999999"] {
            assert!(named(&reports(), strange).is_err(), "{strange}");
        }
        assert_eq!(named(&[], "latest"), Err(NameError::Empty));
        // A version that several commits claim is no place among them.
        let mut claimed = reports();
        claimed.truncate(5);
        assert!(matches!(named(&claimed, "0.72.1"), Err(NameError::Ambiguous { .. })));
        claimed.iter_mut().for_each(|report| report.commit = None);
        assert_eq!(named(&claimed, "0.72.1").unwrap().len(), 5);
    }

    #[test]
    fn of_two_names_the_reports_of_one_machine_are_meant() {
        let pair = |base: &str, other: &str| pair(&reports(), base, other).unwrap().map(|report| report.id.0);
        assert_eq!(pair("0a1b", "latest"), [2, 6]);
        assert_eq!(pair("0a1b", "1234567"), [3, 5]);
        assert_eq!(pair("2026-10-04", "latest"), [4, 6]);
        assert_eq!(pair("latest~1", "latest"), [4, 6]);
        assert_eq!(pair("3", "6"), [3, 6], "what is named by its number is meant, whatever it was measured on");
        // A std of its own is a series of its own, and still the same machine.
        let mut other_std = reports();
        other_std[5].std = StdChoice::Same("/std".into());
        assert_eq!(super::pair(&other_std, "0a1b", "latest").unwrap().map(|report| report.id.0), [2, 6]);
    }

    #[test]
    fn the_names_of_sides_differ() {
        let all = reports();
        assert_eq!(side_names([&all[0], &all[1]]), ["v0.72.0", "0a1b2c3d4e"]);
        let mut again = all[1].clone();
        again.created = "2026-11-03T10:00:00Z".to_owned();
        let names = side_names([&all[1], &again]);
        assert_eq!(names, ["0a1b2c3d4e of 2026-11-02 10:00:00", "0a1b2c3d4e of 2026-11-03 10:00:00"]);
        assert_ne!(side_names([&all[1], &all[2]])[0], side_names([&all[1], &all[2]])[1]);
    }

    #[test]
    fn a_report_has_a_name_that_is_a_file_and_no_path() {
        let name = |commit| info(1, commit, 1, 8).name();
        assert_eq!(name(Some("0a1b2c3d4e60718293a4b5c6d7e8f901234567")), "0a1b2c3d4e-abcd0001");
        assert_eq!(name(Some("v0.72.1")), "v0.72.1-abcd0001");
        assert_eq!(name(None), "report-abcd0001");
        for hostile in ["../../etc", "v../\"><script>", "..", "é長", "", "--force"] {
            let name = name(Some(hostile));
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
            assert!(plain && !name.starts_with(['.', '-']), "{name}");
        }
    }
}
