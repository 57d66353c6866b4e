//! A report or a comparison as a folder of pictures and one page that shows them.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::{self, FileError};
use super::html;
use crate::chart::{self, Chart, ChartError, PhaseColours};
use crate::model::{Comparison, Report};
use crate::text::slug::slugs;
use crate::verdict::{primary_metrics, rows_of};

/// Why the page or a picture could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A picture could not be drawn or written.
    #[error("cannot draw {}: {source}", path.display())]
    Chart {
        /// The picture's file.
        path: PathBuf,
        /// Why not.
        source: ChartError,
    },
}

/// Writes `index.html` and `charts/`, each chart as SVG and as PNG, into `folder`; older charts there are removed. Gives
/// the page's path.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(report: &Report, folder: &Path) -> Result<PathBuf, PageError> {
    let (charts, _lock) = prepare(folder)?;
    draw(chart::suite_phases(report), &charts.join("suite"))?;
    let colours = PhaseColours::of(report);
    // The names that the page's own links have.
    let names = slugs(report.benchmarks.iter().map(|benchmark| benchmark.id.as_str()));
    for (benchmark, name) in report.benchmarks.iter().zip(names) {
        draw(chart::timeline(benchmark, &colours), &charts.join(format!("{name}-timeline")))?;
        draw(chart::distribution(benchmark, &colours), &charts.join(format!("{name}-distribution")))?;
    }
    let page = folder.join("index.html");
    file::write_text(&html::index(report), &page)?;
    Ok(page)
}

/// Writes `comparison.html` and `charts/`, each chart of the page as SVG and as PNG, into `folder`; older charts there are
/// removed. With several sides, each has its own folder below `charts/`. Gives the page's path.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write_comparison(comparison: &Comparison, folder: &Path) -> Result<PathBuf, PageError> {
    let (charts, _lock) = prepare(folder)?;
    let answers: Vec<_> = comparison.answers().collect();
    let sides = slugs(answers.iter().map(|findings| comparison.side(findings).map_or("", |side| side.name.as_str())));
    let colours = PhaseColours::of_comparison(comparison);
    for (findings, side) in answers.iter().zip(sides) {
        let charts = if answers.len() > 1 { charts.join(side) } else { charts.clone() };
        fs::create_dir_all(&charts).map_err(|source| FileError::Write { path: charts.clone(), source })?;
        for metric in primary_metrics(comparison) {
            let name = format!("changes-{}", metric.name().replace(' ', "-"));
            draw(chart::forest(comparison, findings, metric), &charts.join(name))?;
        }
        draw(chart::suite_waterfall(comparison, findings, &colours), &charts.join("phases"))?;
        let names = slugs(findings.benchmarks.iter().map(|benchmark| benchmark.id.as_str()));
        for row in rows_of(findings) {
            let Some(name) = names.get(row.index) else { continue };
            if row.has_change() {
                let chart = chart::waterfall(comparison, findings, row.index, &colours);
                draw(chart, &charts.join(format!("{name}-phases")))?;
            }
            draw(chart::blocks(comparison, findings, row.index), &charts.join(format!("{name}-blocks")))?;
        }
    }
    let page = folder.join("comparison.html");
    file::write_text(&html::comparison(comparison), &page)?;
    Ok(page)
}

/// The empty folder for charts, and a lock against another harness that writes to the same folder. Where folders cannot be
/// locked, there is no lock.
fn prepare(folder: &Path) -> Result<(PathBuf, fs::File), PageError> {
    let charts = folder.join("charts");
    let failed = |source| FileError::Write { path: charts.clone(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let lock = fs::File::open(folder).map_err(failed)?;
    let _ = lock.lock();
    if charts.exists() {
        fs::remove_dir_all(&charts).map_err(failed)?;
    }
    fs::create_dir_all(&charts).map_err(failed)?;
    Ok((charts, lock))
}

/// Draws one chart under `stem`; a chart that has nothing to show is left out.
fn draw(chart: Result<Chart, ChartError>, stem: &Path) -> Result<(), PageError> {
    // Not `with_extension`: a name may contain dots.
    let file = |extension: &str| PathBuf::from(format!("{}.{extension}", stem.display()));
    let failed = |source| PageError::Chart { path: stem.to_owned(), source };
    let chart = match chart {
        Ok(chart) => chart,
        Err(ChartError::Empty(_)) => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    file::write_text(&chart.to_svg().map_err(failed)?, &file("svg"))?;
    chart.write_png(&file("png")).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BenchmarkFindings, Metric, Verdict};
    use crate::testing::compare::{figure, finding, found, phase};

    fn regressed(id: &str) -> BenchmarkFindings {
        let wall = figure(Metric::Wall, 1e8, (1.2, 1.1, 1.3), Verdict::Regressed);
        finding(id, Verdict::Regressed, vec![wall, phase("compile to ast", 0, 5e7, 6e7)])
    }

    fn files(folder: &Path) -> Vec<String> {
        let all =
            walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        let mut names: Vec<String> =
            all.map(|entry| entry.path().strip_prefix(folder).unwrap().display().to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_chart_of_a_comparison_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("charts")).unwrap();
        fs::write(folder.path().join("charts/old.svg"), "old").unwrap();
        let page = write_comparison(&found(vec![vec![regressed("../../a/b")]]), folder.path()).unwrap();
        assert!(page.ends_with("comparison.html"));
        let expected = ["a-b-blocks", "a-b-phases", "changes-wall", "phases"];
        let expected: Vec<String> =
            expected.iter().flat_map(|name| [format!("charts/{name}.png"), format!("charts/{name}.svg")]).collect();
        assert_eq!(files(folder.path()), [expected, vec!["comparison.html".to_owned()]].concat());
    }

    #[test]
    fn several_sides_have_folders_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let comparison = found(vec![vec![regressed("a/b/c")], vec![regressed("a/b/c")]]);
        write_comparison(&comparison, folder.path()).unwrap();
        let files = files(folder.path());
        assert!(files.contains(&"charts/0-72-1/changes-wall.svg".to_owned()), "{files:?}");
        assert!(files.contains(&"charts/my-branch/a-b-c-phases.png".to_owned()), "{files:?}");
    }
}
