//! A series as small as a word, for a row of a table.

use super::ChartError;
use super::axis::Scale;
use super::marker::StepKind;
use super::palette::{INK, MUTED};
use super::scene::{Chart, HEADING, Paint};
use crate::stats::{median, quantile};
use crate::text::change::signed;

const SIZE: (f64, f64) = (140.0, 28.0);
/// Between the edge and the line.
const AIR: f64 = 4.0;
/// The number of columns; each has at most two points.
const COLUMNS: usize = 34;

/// Draws a series of values in any unit, a place each in their order, `None` where nothing was measured; with the level
/// before and after a step, which is at the index of its first value. The picture is 140 × 28 CSS pixels and has no texts;
/// its title says how large the step is.
///
/// # Errors
/// If there is no value.
pub fn spark(values: &[Option<f64>], step: Option<usize>, kind: StepKind) -> Result<Chart, ChartError> {
    let points: Vec<(usize, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| Some((index, (*value)?)))
        .filter(|(_, value)| value.is_finite())
        .collect();
    if points.is_empty() {
        return Err(ChartError::Empty("nothing was measured"));
    }
    let step = step.filter(|step| *step > 0 && *step < values.len());
    let part = |after: bool| {
        let of = points.iter().filter(|(index, _)| step.is_none_or(|step| (*index >= step) == after));
        median(&of.map(|(_, value)| *value).collect::<Vec<_>>())
    };
    let levels = step.and_then(|_| Some((part(false)?, part(true)?)));
    let mut chart = Chart::new(title(points.len(), levels, kind), "", SIZE.0);
    // The heading's place is cut off on a page.
    let (top, bottom) = (HEADING + AIR, HEADING + SIZE.1 - AIR);
    chart.height = HEADING + SIZE.1;
    let x = Scale::new(0.0, values.len().saturating_sub(1).max(1) as f64, AIR, SIZE.0 - AIR);
    let (low, high) = domain(&points, levels);
    let y = Scale::new(low, high, bottom, top);
    let line = thinned(&points, values.len()).into_iter().map(|(index, value)| (x.at(index as f64), y.at(value)));
    chart.path(line.collect(), 1.0, MUTED);
    if let (Some(step), Some((before, after))) = (step, levels) {
        let at = x.at(step as f64 - 0.5);
        chart.rect((AIR, y.at(before) - 1.0), (at - AIR, 2.0), INK);
        chart.rect((at, y.at(after) - 1.0), (SIZE.0 - AIR - at, 2.0), INK);
        chart.rect((at - 0.5, HEADING), (1.0, SIZE.1), Paint::faint(kind.colour(), 0.7));
        // At the side where the line is not.
        let up = after > before;
        kind.draw(&mut chart, (at.clamp(6.0, SIZE.0 - 6.0), if up { HEADING + 5.5 } else { HEADING + SIZE.1 - 5.5 }));
    } else if let Some((index, value)) = points.last() {
        chart.dot(x.at(*index as f64), y.at(*value), 2.0, INK);
    }
    Ok(chart)
}

fn title(count: usize, levels: Option<(f64, f64)>, kind: StepKind) -> String {
    let values = if count == 1 { "1 value".to_owned() } else { format!("{count} values") };
    match levels {
        Some((before, after)) if before > 0.0 => {
            format!("{values}, a step of {}: {}", signed(after / before), kind.words())
        }
        Some(_) => format!("{values} with a step: {}", kind.words()),
        None => values,
    }
}

/// The values that fit: all but single ones far outside.
fn domain(points: &[(usize, f64)], levels: Option<(f64, f64)>) -> (f64, f64) {
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let (first, last) = (quantile(&values, 0.02).unwrap_or(0.0), quantile(&values, 0.98).unwrap_or(0.0));
    let (before, after) = levels.unwrap_or((first, last));
    let (low, high) = (first.min(before).min(after), last.max(before).max(after));
    // Tiny changes must not look large.
    let air = (0.01 * high.abs() - (high - low)).max(0.0) / 2.0;
    (low - air, high + air)
}

/// No more points than can be distinguished: the lowest and the highest of every column.
fn thinned(points: &[(usize, f64)], length: usize) -> Vec<(usize, f64)> {
    if points.len() <= 2 * COLUMNS {
        return points.to_vec();
    }
    let column = |point: &(usize, f64)| point.0 * COLUMNS / length.max(1);
    let extremes = points.chunk_by(|a, b| column(a) == column(b)).flat_map(|group| {
        let lowest = group.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let highest = group.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut two: Vec<(usize, f64)> = lowest.into_iter().chain(highest).copied().collect();
        two.sort_by_key(|point| point.0);
        two.dedup();
        two
    });
    extremes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(length: usize) -> Vec<Option<f64>> {
        let noise = |i: usize| (i * 7_919 % 101) as f64 / 101.0;
        let value = |i: usize| if i < length / 3 { 100.0 } else { 106.0 } + noise(i);
        (0..length).map(|i| (i % 11 != 3).then(|| value(i))).collect()
    }

    #[test]
    fn is_tiny_and_says_what_it_shows() {
        for length in [1, 2, 3, 60, 700, 5_000] {
            let chart = spark(&series(length), Some(length / 3), StepKind::Worse).unwrap();
            let svg = chart.to_inline_svg().unwrap();
            assert!(svg.len() <= 1_500, "{length}: {}", svg.len());
            assert!(svg.contains("width=\"140\" height=\"28\"") && svg.contains("<title>"));
        }
        let title = spark(&series(700), Some(233), StepKind::Worse).unwrap().title().to_owned();
        assert!(title.starts_with("636 values, a step of +6.0 %: worse"), "{title}");
        assert!(spark(&series(9), None, StepKind::Better).is_ok());
        assert!(spark(&series(9), Some(99), StepKind::Better).is_ok());
    }

    #[test]
    fn nothing_measured_is_no_picture() {
        for values in [&[][..], &[None], &[Some(f64::NAN)]] {
            assert!(matches!(spark(values, Some(0), StepKind::Worse), Err(ChartError::Empty(_))));
        }
    }

    #[test]
    fn thinning_keeps_the_extremes() {
        let mut points: Vec<(usize, f64)> = (0..5_000).map(|i| (i, (i % 3) as f64)).collect();
        (points[1_234].1, points[4_321].1) = (99.0, -99.0);
        let thin = thinned(&points, 5_000);
        assert!(thin.len() <= 2 * COLUMNS && thin.contains(&(1_234, 99.0)) && thin.contains(&(4_321, -99.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
