//! Which reports are compared with which others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::dashboard::names::Names;
use crate::history::{ReportId, ReportInfo};
use crate::trends::{Event, Trends};

/// Two reports: the base, and the one that is compared with it.
pub(in crate::dashboard) type Pair = [ReportId; 2];

/// The bases of a report, measured on the same class of machine with the same choice of std.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dashboard) struct Bases {
    /// The last report of the commit before.
    pub(in crate::dashboard) before: Option<ReportId>,
    /// The last report of the last release before.
    pub(in crate::dashboard) release: Option<ReportId>,
}

/// All pairs that have a page of verdicts.
pub(in crate::dashboard) struct Pairs<'a> {
    reports: HashMap<ReportId, &'a ReportInfo>,
    bases: HashMap<ReportId, Bases>,
    pairs: BTreeSet<Pair>,
}

impl<'a> Pairs<'a> {
    /// The reports that have pages, each with its bases, and both sides of all events.
    pub(in crate::dashboard) fn of(trends: &'a Trends, names: &Names) -> Self {
        let reports: HashMap<ReportId, &ReportInfo> = trends.reports.iter().map(|info| (info.id, info)).collect();
        let bases: HashMap<ReportId, Bases> =
            bases(trends).into_iter().filter(|(report, _)| names.report(*report).is_some()).collect();
        let of_reports =
            bases.iter().flat_map(|(report, bases)| [bases.before, bases.release].map(|base| Some([base?, *report])));
        let of_events = trends.events.iter().map(|event| sides(trends, event));
        let pairs = of_reports.chain(of_events).flatten().collect();
        Self { reports, bases, pairs }
    }

    /// The bases of a report.
    pub(in crate::dashboard) fn bases(&self, report: ReportId) -> Bases {
        self.bases.get(&report).copied().unwrap_or_default()
    }

    /// The reports on both sides of an event, in the series that it changed most.
    pub(in crate::dashboard) fn of_event(&self, trends: &Trends, event: &Event) -> Option<Pair> {
        sides(trends, event).filter(|pair| self.pairs.contains(pair))
    }

    /// What is known of both.
    pub(in crate::dashboard) fn infos(&self, pair: Pair) -> Option<[&'a ReportInfo; 2]> {
        let [base, other] = pair.map(|report| self.reports.get(&report).copied());
        Some([base?, other?])
    }

    /// The page of a pair, from the dashboard's folder.
    pub(in crate::dashboard) fn page(&self, pair: Pair) -> Option<String> {
        self.infos(pair).map(page)
    }

    /// All of them, grouped by the other report.
    pub(super) fn all(&self) -> Vec<Pair> {
        let mut all: Vec<Pair> = self.pairs.iter().copied().collect();
        all.sort_by_key(|[base, other]| (*other, *base));
        all
    }

    /// The names of all pairs, in no particular order.
    pub(in crate::dashboard) fn names(&self) -> Vec<[String; 2]> {
        self.pairs.iter().filter_map(|pair| Some(self.infos(*pair)?.map(ReportInfo::name))).collect()
    }
}

/// The page of a pair: no report's name has a `_` in it.
pub(super) fn page(pair: [&ReportInfo; 2]) -> String {
    let [base, other] = pair.map(ReportInfo::name);
    format!("verdicts/{base}_{other}.html")
}

/// A commit of a series of reports.
#[derive(Clone, Copy)]
struct Measured {
    position: usize,
    /// Its last report.
    report: ReportId,
}

/// The bases of each report, found in one walk along the commits.
fn bases(trends: &Trends) -> Vec<(ReportId, Bases)> {
    // For each series of reports, the commits measured so far, and the releases.
    type Course = (Vec<Measured>, Vec<Measured>);
    let mut courses: BTreeMap<String, Course> = BTreeMap::new();
    let mut all = Vec::new();
    for info in &trends.reports {
        let Some(position) = trends.axis.position(info.id) else { continue };
        // Series as in [`ReportInfo::is_of_same_series`].
        let key = format!("{:?}", (&info.machine, &info.std, info.source));
        let (commits, releases) = courses.entry(key).or_default();
        let before =
            |measured: &[Measured]| measured.iter().rev().find(|one| one.position != position).map(|one| one.report);
        all.push((info.id, Bases { before: before(commits), release: before(releases) }));
        let is_release = trends.commit(position).is_some_and(|commit| commit.release.is_some());
        for course in [Some(commits), is_release.then_some(releases)].into_iter().flatten() {
            match course.last_mut().filter(|one| one.position == position) {
                Some(last) => last.report = info.id,
                None => course.push(Measured { position, report: info.id }),
            }
        }
    }
    all
}

/// The last report before an event, and the first after it.
fn sides(trends: &Trends, event: &Event) -> Option<Pair> {
    let points = &trends.series.get(event.changes.first()?.series)?.points;
    let before = points.iter().rev().find(|point| point.position < event.earliest)?;
    let after = points.iter().find(|point| point.position >= event.latest)?;
    Some([before.report, after.report])
}
