use super::*;
use crate::chart::scene::Mark;

/// Values like those of a compiler over its commits: levels, noise, now and then a hiccup; the same every time.
pub(in crate::chart) fn sample(positions: usize) -> Trend {
    let mut random = fastrand::Rng::with_seed(7);
    let bounds = [0, positions / 4, positions / 2, positions * 5 / 6, positions];
    let values = [4.1e9, 4.6e9, 4.35e9, 5.2e9];
    let level = |position: usize| values[bounds[1..4].iter().filter(|bound| position >= **bound).count()];
    let points = (0..positions).map(|position| {
        let median = level(position) * (1.0 + 0.02 * (random.f64() + random.f64() - 1.0));
        let median = if position % 97 == 50 { 3.0 * median } else { median };
        TrendPoint { position, median, low: 0.99 * median, high: 1.012 * median }
    });
    let levels = bounds.windows(2).zip(values).map(|(ends, value)| Level {
        from: ends[0],
        to: ends[1].saturating_sub(1),
        value,
    });
    let kinds = [StepKind::Worse, StepKind::Better, StepKind::Unconfirmed];
    let steps = kinds.iter().enumerate().map(|(index, kind)| Step {
        position: bounds[index + 1],
        ratio: values[index + 1] / values[index],
        kind: *kind,
    });
    Trend {
        name: "sway/std-only/debug".to_owned(),
        metric: "wall".to_owned(),
        unit: Unit::Nanoseconds,
        positions,
        lines: vec![TrendLine { name: "8-core AMD Ryzen".to_owned(), points: points.collect() }],
        levels: levels.collect(),
        steps: steps.collect(),
        releases: (0..32).map(|i| (i * positions / 32, format!("v0.{}.0", 40 + i))).collect(),
        ticks: (0..24).map(|i| (i * positions / 24, format!("{}-{:02}", 2023 + i / 12, i % 12 + 1))).collect(),
    }
}

/// The same on three machines, one after the other.
pub(in crate::chart) fn machines(positions: usize) -> Trend {
    let mut trend = sample(positions);
    let mut points = std::mem::take(&mut trend.lines[0].points);
    let last = points.split_off(positions * 2 / 3);
    let second = points.split_off(positions / 3);
    for (name, points) in [("old laptop", points), ("build server", second), ("new server, 64 cores", last)] {
        trend.lines.push(TrendLine { name: name.to_owned(), points });
    }
    trend.lines.remove(0);
    trend
}

fn hostile() -> Trend {
    let mut trend = machines(50);
    let name = "</script><script>alert(1)</script>\u{202E}\"'&\u{0}".repeat(9);
    (trend.name, trend.metric) = (name.clone(), name.clone());
    for line in &mut trend.lines {
        line.name.clone_from(&name);
    }
    for release in trend.releases.iter_mut().chain(&mut trend.ticks) {
        release.1.clone_from(&name);
    }
    trend.lines[0].points.push(TrendPoint::exact(7, f64::NAN));
    trend.lines[0].points.push(TrendPoint::exact(usize::MAX, 1.0));
    trend.lines[0].points[3].high = f64::INFINITY;
    trend.lines[1].points[0].median = f64::MAX;
    trend.levels.push(Level { from: 9, to: 3, value: 1.0 });
    trend.steps.push(Step { position: 3, ratio: f64::NAN, kind: StepKind::Worse });
    trend.steps.push(Step { position: 3, ratio: 1e300, kind: StepKind::Worse });
    trend
}

#[test]
fn is_tidy_for_every_sample() {
    for positions in [1, 2, 3, 10, 79, 149, 700, 4_000] {
        for input in [sample(positions), machines(positions)] {
            trend(&input).unwrap().assert_tidy();
        }
    }
    trend(&hostile()).unwrap().assert_tidy();
    let mut dense = sample(200);
    dense.steps = (0..200).map(|position| Step { position, ratio: 1.05, kind: StepKind::Expected }).collect();
    trend(&dense).unwrap().assert_tidy();
}

#[test]
fn nothing_measured_is_no_picture() {
    let mut nothing = sample(10);
    nothing.lines[0].points.clear();
    assert!(matches!(trend(&nothing), Err(ChartError::Empty(_))));
    assert!(matches!(nothing.data(), Err(ChartError::Empty(_))));
}

#[test]
fn a_title_tells_the_essence() {
    let title = trend(&sample(700)).unwrap().title().to_owned();
    assert!(title.starts_with("wall of sway/std-only/debug over 700 commits: from 4."), "{title}");
    assert!(title.ends_with("3 steps, the last of +19.5 %, not confirmed yet"), "{title}");
    assert!(trend(&machines(60)).unwrap().title().contains("on 3 machines"));
}

#[test]
fn pictures_are_small() {
    let size = |positions| trend(&sample(positions)).unwrap().to_inline_svg().unwrap().len();
    let (ordinary, large) = (size(700), size(4_000));
    assert!(ordinary <= 25_000, "{ordinary}");
    assert!(large <= 45_000, "{large}");
}

#[test]
fn thinning_keeps_the_extremes() {
    let mut input = sample(4_000);
    for point in &mut input.lines[0].points {
        *point = TrendPoint::exact(point.position, 100.0);
    }
    input.lines[0].points[1_234].median = 130.0;
    input.lines[0].points[3_210].median = 70.0;
    let chart = trend(&input).unwrap();
    let longest = chart.marks.iter().filter_map(|mark| match mark {
        Mark::Path { points, .. } => Some(points),
        _ => None,
    });
    let line = longest.max_by_key(|points| points.len()).unwrap();
    let layout = input.layout().unwrap();
    let y = |value| layout.values().at(value);
    for value in [70.0, 130.0] {
        assert!(line.iter().any(|point| (point.1 - y(value)).abs() < 0.01), "{value}");
    }
}

#[test]
fn what_lies_beyond_the_axis_is_marked() {
    let mut input = sample(60);
    input.lines[0].points[50].median = 4.1e9;
    let polygons = |input: &Trend| {
        let chart = trend(input).unwrap();
        chart.marks.iter().filter(|mark| matches!(mark, Mark::Polygon { .. })).count()
    };
    let before = polygons(&input);
    input.lines[0].points[20].median = 50e9;
    // The point itself and its entry in the legend.
    assert_eq!(polygons(&input), before + 2);
}

#[test]
fn hostile_texts_are_inert() {
    let data = inert_json(&hostile().data().unwrap());
    assert!(!data.contains(['<', '\u{202E}']) && data.contains("alert(1)"), "{data}");
    let row = CommitRow { sha: "a".repeat(40), subject: "</script><b>".to_owned(), ..CommitRow::default() };
    let commits = inert_json(&commits_data(&[row]));
    assert!(!commits.contains('<') && commits.contains("\"aaaaaaa\""), "{commits}");
}

#[test]
fn data_says_what_was_measured() {
    let mut input = sample(700);
    input.lines[0].points[5] = TrendPoint { position: 5, median: 4_123_456_789.0, low: 4.1e9, high: 4.2e9 };
    let data = input.data().unwrap();
    let scale = data["scale"].as_f64().unwrap();
    let at = |column: &str| data["lines"][0][column][5].as_f64().unwrap() * scale;
    assert!((at("m") - 4_123_456_789.0).abs() < 1e5 && (at("m") - at("l") - 4.1e9).abs() < 1e5);
    assert!((at("m") + at("h") - 4.2e9).abs() < 1e5);
    assert_eq!(data["lines"][0]["p"].as_array().unwrap().len(), 700);
    assert!(inert_json(&data).len() < 26_000);
    input.unit = Unit::Bytes;
    input.lines[0].points.truncate(1);
    input.lines[0].points[0] = TrendPoint::exact(0, 123_456_789.0);
    let data = input.data().unwrap();
    assert_eq!(data["lines"][0]["m"][0], 123_456_789);
    assert!(data["lines"][0].get("l").is_none());
}
