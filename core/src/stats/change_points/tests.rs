use super::generate::Noise;
use super::*;

fn rules() -> ChangeRules {
    ChangeRules::default()
}

fn confirmed(series: &[Point]) -> Vec<ChangePoint> {
    let all = change_points(series, &rules()).points;
    all.into_iter().filter(|point| point.persistence != Persistence::Unconfirmed).collect()
}

/// A night's noise is 3.3 %, of which one night in ten is off by a quarter; within a machine it is 0.9 %.
const NIGHTS: Noise = Noise { sigma: 0.033, correlation: 0.2, outliers: 0.02, ..Noise::NONE };
const ONE_MACHINE: Noise = Noise { sigma: 0.009, correlation: 0.2, outliers: 0.02, ..Noise::NONE };

/// The steps that are known of the time of std in the compiler's public record, by commits in its order.
const STEPS: [(usize, f64); 8] =
    [(256, 1.35), (312, 0.85), (341, 1.37), (360, 1.23), (450, 1.4), (577, 0.37), (633, 1.46), (670, 0.66)];

/// Nights of different machines up to the 300th commit, one machine from there on, as in the public record.
fn std_like(seed: u64) -> Vec<Point> {
    let mut series = NIGHTS.series(700, &STEPS, seed);
    series.splice(300.., ONE_MACHINE.series(700, &STEPS, seed + 1).drain(300..));
    series
}

#[test]
fn the_steps_of_a_series_like_std_s_are_found_and_no_others() {
    for seed in [1, 20, 300] {
        let found = confirmed(&std_like(seed));
        assert_eq!(found.len(), STEPS.len(), "{seed}: {found:#?}");
        for (point, (index, ratio)) in found.iter().zip(STEPS) {
            assert!(point.index.abs_diff(index) <= 1, "{index}: {point:?}");
            assert!((point.earliest..=point.latest).contains(&index), "{index}: {point:?}");
            // An interval of 95 % may miss by a little.
            assert!(point.low <= 1.01 * ratio && ratio <= 1.01 * point.high, "{index}: {point:?}");
            assert!((point.ratio / ratio - 1.0).abs() < 0.02 && point.p_value < 1e-3, "{index}: {point:?}");
        }
    }
}

#[test]
fn series_without_change_show_none() {
    let kinds = [
        Noise { sigma: 0.02, ..Noise::NONE },
        Noise { sigma: 0.02, has_heavy_tails: true, ..Noise::NONE },
        Noise { sigma: 0.02, outliers: 0.05, ..Noise::NONE },
        Noise { sigma: 0.02, correlation: 0.3, ..Noise::NONE },
        Noise { sigma: 0.02, correlation: 0.5, ..Noise::NONE },
    ];
    let mut alarms = Vec::new();
    for (kind, noise) in kinds.iter().enumerate() {
        for seed in 0..40 {
            let length = [30, 60, 120, 200][seed % 4];
            if !confirmed(&noise.series(length, &[], (1000 * kind + seed) as u64)).is_empty() {
                alarms.push((kind, seed));
            }
        }
    }
    // Two of 200 are the rate that is allowed, and more than four come of it once in twenty times.
    assert!(alarms.len() <= 4, "{alarms:?}");
}

#[test]
fn a_plateau_of_four_points_is_found_and_known_to_be_reverted() {
    let series = Noise { sigma: 0.01, ..Noise::NONE }.series(60, &[(30, 1.2), (34, 1.0 / 1.2)], 5);
    let found = confirmed(&series);
    let indices: Vec<usize> = found.iter().map(|point| point.index).collect();
    assert_eq!(indices, [30, 34], "{found:#?}");
    assert_eq!((found[0].persistence, found[0].points), (Persistence::Reverted { by: 34 }, 4));
    assert_eq!(found[1].persistence, Persistence::Lasting);
}

#[test]
fn what_changes_again_is_superseded() {
    let series = Noise { sigma: 0.01, ..Noise::NONE }.series(90, &[(30, 1.2), (60, 1.2)], 6);
    let found = confirmed(&series);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[0].persistence, Persistence::Superseded { by: 60 });
}

#[test]
fn eight_points_are_enough_for_a_large_step() {
    let levels = [10.0, 10.1, 9.95, 10.05, 13.0, 13.1, 12.9, 13.05];
    let found = change_points(&levels.map(Point::new), &rules()).points;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].index, found[0].points), (4, 4));
    assert!(found[0].low < 1.29 && found[0].high > 1.3 && found[0].low > 1.0, "{found:?}");
}

#[test]
fn a_large_step_is_provisional_in_its_second_night_and_confirmed_soon() {
    let noise = Noise { sigma: 0.02, ..Noise::NONE };
    for seed in 0..10 {
        let series = noise.series(70, &[(60, 1.3)], seed);
        let state = |length: usize| {
            let points = change_points(&series[..length], &rules()).points;
            points.iter().find(|point| point.index == 60).map(|point| point.persistence)
        };
        assert_eq!(state(60), None);
        assert_eq!(state(62), Some(Persistence::Unconfirmed), "{seed}");
        assert_eq!(state(65), Some(Persistence::Lasting), "{seed}");
    }
}

#[test]
fn one_night_that_is_off_is_nothing() {
    for at in [0, 20, 39] {
        let mut series = Noise { sigma: 0.01, ..Noise::NONE }.series(40, &[], 8);
        series[at].level *= 3.0;
        assert_eq!(change_points(&series, &rules()).points, [], "{at}");
    }
}

#[test]
fn gaps_keep_their_indices_and_say_nothing() {
    let whole = Noise { sigma: 0.01, ..Noise::NONE }.series(60, &[(30, 1.3)], 9);
    let mut gapped = Vec::new();
    for (index, point) in whole.iter().enumerate() {
        gapped.push(*point);
        gapped.push(Point::new([f64::NAN, 0.0, -1.0, f64::INFINITY][index % 4]));
    }
    let (expected, found) = (confirmed(&whole), confirmed(&gapped));
    assert_eq!((expected.len(), found.len()), (1, 1));
    assert_eq!(
        found[0],
        ChangePoint { index: 60, earliest: 2 * expected[0].earliest, latest: 2 * expected[0].latest, ..expected[0] }
    );
}

#[test]
fn units_and_direction_do_not_matter() {
    let series = std_like(4);
    let found = confirmed(&series);
    let scaled: Vec<Point> = series.iter().map(|point| Point::new(point.level * 1e9)).collect();
    let backwards: Vec<Point> = series.iter().map(|point| Point::new(1.0 / point.level)).collect();
    let indices = |points: &[ChangePoint]| -> Vec<usize> { points.iter().map(|point| point.index).collect() };
    assert_eq!(indices(&confirmed(&scaled)), indices(&found));
    assert_eq!(indices(&confirmed(&backwards)), indices(&found));
}

#[test]
fn points_that_were_measured_badly_count_for_less() {
    let mut series = Noise { sigma: 0.005, ..Noise::NONE }.series(60, &[(30, 1.1), (34, 1.0 / 1.1)], 10);
    assert_eq!(confirmed(&series).len(), 2);
    series[30..34].iter_mut().for_each(|point| point.error = 0.08);
    assert_eq!(change_points(&series, &rules()).points, []);
    let point = Point::measured(3.0, 10, 0.01349);
    assert!((point.error - 0.01 * 1.2533 / 10.0_f64.sqrt()).abs() < 1e-6, "{point:?}");
    assert_eq!(Point::measured(3.0, 0, f64::NAN).error, 0.0);
}

#[test]
fn strange_series_are_no_trouble() {
    for length in 0..12 {
        assert_eq!(change_points(&vec![Point::new(7.0); length], &rules()).points, [], "{length}");
    }
    assert_eq!(change_points(&[Point::new(f64::NAN); 50], &rules()), Changes { points: Vec::new(), noise: None });
    // A size in bytes, which never varies but where it changes.
    let sizes: Vec<Point> = (0..40).map(|index| Point::new(if index < 17 { 1000.0 } else { 1001.0 })).collect();
    let found = confirmed(&sizes);
    assert_eq!((found.len(), found[0].index, found[0].earliest, found[0].latest), (1, 17, 17, 17));
    // From the least to the greatest number, and a walk.
    let wild: Vec<Point> =
        (0..60).map(|index| Point::new(if index % 2 == 0 { f64::MIN_POSITIVE } else { f64::MAX })).collect();
    assert_eq!(confirmed(&wild), []);
    let mut random = fastrand::Rng::with_seed(3);
    let mut level = 100.0;
    let walk: Vec<Point> = std::iter::repeat_with(|| {
        level *= 1.0 + 0.02 * (random.f64() - 0.5);
        Point::new(level)
    })
    .take(300)
    .collect();
    assert!(confirmed(&walk).len() < 10);
}

#[test]
fn a_short_level_does_not_hide_the_next_step() {
    // std's course in May and June of 2024: 30 s, three commits at 16 s, 11 s, and then half as much again.
    let steps = [(40, 0.55), (43, 0.68), (95, 1.47)];
    for seed in 0..20 {
        let series = Noise { sigma: 0.018, ..Noise::NONE }.series(98, &steps, seed);
        let found = confirmed(&series);
        let indices: Vec<usize> = found.iter().map(|point| point.index).collect();
        assert_eq!(indices, [40, 43, 95], "seed {seed}: in its third night");
        let night_before = change_points(&series[..97], &rules()).points;
        let last = night_before.last().unwrap();
        assert_eq!((last.index, last.persistence), (95, Persistence::Unconfirmed), "seed {seed}: in its second");
    }
}
