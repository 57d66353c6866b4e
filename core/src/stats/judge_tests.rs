use super::*;
use crate::stats::declare_looks;

fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

/// Pairs of 100 and 100 times `ratio`, with `noise` as standard deviation of each logarithm.
fn pairs(random: &mut fastrand::Rng, count: usize, ratio: f64, noise: f64) -> Vec<(f64, f64)> {
    (0..count)
        .map(|_| (100.0 * (noise * normal(random)).exp(), 100.0 * ratio * (noise * normal(random)).exp()))
        .collect()
}

fn time(pairs: &[(f64, f64)]) -> Sample<'_> {
    Sample {
        values: Values::Pairs(pairs),
        noise: Noise::Drifting,
        floor: 1e-3,
        step: 0.0,
        offset: 0.0,
        threshold: 0.01,
        pool: 0,
        group: 0,
        role: Role::Decides,
    }
}

fn memory(pairs: &[(f64, f64)]) -> Sample<'_> {
    Sample { noise: Noise::Steady, floor: 2e-4, pool: 1, ..time(pairs) }
}

fn judge_one(sample: Sample, most: usize) -> Judgement {
    judge(&[sample], &declare_looks(3, most), &Rules::default())[0]
}

#[test]
fn each_verdict_has_its_case() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut verdict = |ratio, noise| judge_one(time(&pairs(&mut random, 40, ratio, noise)), 40);
    let worse = verdict(1.05, 0.01);
    assert_eq!((worse.verdict, worse.basis), (Verdict::Regressed, Basis::Ranks));
    assert!(worse.low > 1.0 && worse.low < 1.05 && worse.high > 1.05 && worse.p_value.unwrap() < 0.001, "{worse:?}");
    assert_eq!((worse.confidence, worse.runs, worse.more_runs), (0.95, 40, None));
    assert_eq!(verdict(0.95, 0.01).verdict, Verdict::Improved);
    assert_eq!(verdict(1.0, 0.005).verdict, Verdict::Equal);
    // Shown to differ, and shown to differ by less than matters.
    assert_eq!(verdict(1.005, 0.001).verdict, Verdict::Equal);
    let unclear = verdict(1.01, 0.05);
    assert_eq!((unclear.verdict, unclear.confidence), (Verdict::Undecided, 0.95));
    assert!(unclear.low <= 1.0 && unclear.high >= 1.01, "{unclear:?}");
    assert!((1.02..1.10).contains(&unclear.detectable.unwrap()), "{unclear:?}");
    assert!((200..3000).contains(&unclear.more_runs.unwrap()), "{unclear:?}");
}

#[test]
fn what_a_person_sees_in_three_runs_is_decided_in_three() {
    // Four programs, peak memory in MiB: one of them 41 % less, spreads of 0.05 %.
    let mut random = fastrand::Rng::with_seed(4);
    let figures: Vec<Vec<(f64, f64)>> =
        (0..4).map(|index| pairs(&mut random, 3, if index == 0 { 0.59 } else { 1.0 }, 5e-4)).collect();
    let samples: Vec<Sample> = figures.iter().map(|pairs| memory(pairs)).collect();
    let judged = judge(&samples, &declare_looks(3, 18), &Rules::default());
    assert_eq!((judged[0].verdict, judged[0].basis, judged[0].runs), (Verdict::Improved, Basis::Spread, 3));
    assert!(judged[0].low > 0.58 && judged[0].high < 0.60, "{:?}", judged[0]);
    assert!(judged[1..].iter().all(|one| one.verdict == Verdict::Equal), "{judged:?}");
}

#[test]
fn a_change_of_the_threshold_s_size_is_found_and_a_smaller_one_is_none() {
    let mut random = fastrand::Rng::with_seed(41);
    let mut found = |ratio: f64| {
        let suites = 200;
        let is_found = |_: &usize| {
            let figures: Vec<Vec<(f64, f64)>> =
                (0..4).map(|index| pairs(&mut random, 3, if index == 0 { ratio } else { 1.0 }, 5e-4)).collect();
            let samples: Vec<Sample> = figures.iter().map(|pairs| memory(pairs)).collect();
            judge(&samples, &declare_looks(3, 3), &Rules::default())[0].verdict == Verdict::Regressed
        };
        (0..suites).filter(is_found).count() as f64 / suites as f64
    };
    assert!(found(1.01) > 0.9, "half of its estimates are below the threshold");
    assert_eq!(found(1.005), 0.0);
}

/// Three values a side of a figure with two levels are all low here and all high there in one of 32 cases: of four
/// benchmarks, whose levels lie up to 3 % apart, in one suite of eight.
#[test]
fn two_levels_are_no_change_in_few_benchmarks() {
    let mut random = fastrand::Rng::with_seed(42);
    let mut alarms = 0;
    for _ in 0..1000 {
        let figures: Vec<Vec<(f64, f64)>> = (0..4)
            .map(|_| {
                let level = 0.03 * random.f64();
                let value = |random: &mut fastrand::Rng| {
                    let high = if random.bool() { level } else { 0.0 };
                    100.0 * (high + 5e-4 * normal(random)).exp()
                };
                (0..3).map(|_| (value(&mut random), value(&mut random))).collect()
            })
            .collect();
        let samples: Vec<Sample> = figures.iter().map(|pairs| memory(pairs)).collect();
        let judged = judge(&samples, &declare_looks(3, 12), &Rules::default());
        let changed = |one: &Judgement| matches!(one.verdict, Verdict::Regressed | Verdict::Improved);
        alarms += usize::from(judged.iter().any(changed));
    }
    assert!(alarms <= 15, "{alarms} of 1000");
}

#[test]
fn times_are_not_decided_before_the_fifth_block_but_have_their_interval() {
    let mut random = fastrand::Rng::with_seed(5);
    let figures: Vec<Vec<(f64, f64)>> = (0..4).map(|_| pairs(&mut random, 5, 0.8, 0.01)).collect();
    let at = |count: usize| {
        let samples: Vec<Sample> = figures.iter().map(|pairs| time(&pairs[..count])).collect();
        judge(&samples, &declare_looks(3, 18), &Rules::default())[0]
    };
    for count in 1..5 {
        let early = at(count);
        assert_eq!(early.verdict, Verdict::Undecided);
        assert!(count == 1 || early.low > 0.0 && early.high.is_finite(), "{count}: {early:?}");
    }
    assert_eq!(at(5).verdict, Verdict::Improved);
}

#[test]
fn all_programs_together_are_a_figure_of_their_own() {
    let mut random = fastrand::Rng::with_seed(6);
    // Too noisy each, but all of them lose.
    let figures: Vec<Vec<(f64, f64)>> = (0..12).map(|_| pairs(&mut random, 5, 1.15, 0.06)).collect();
    let members: Vec<usize> = (0..12).collect();
    let mut samples: Vec<Sample> =
        figures.iter().enumerate().map(|(group, pairs)| Sample { group, ..time(pairs) }).collect();
    samples.push(Sample { values: Values::Mean(&members), group: 12, pool: 1, ..time(&[]) });
    let judged = judge(&samples, &declare_looks(3, 5), &Rules::default());
    assert_eq!(judged[12].verdict, Verdict::Regressed, "{:?}", judged[12]);
    assert!(judged[12].low < 1.15 && judged[12].high > 1.15, "{:?}", judged[12]);
    assert!(judged[..12].iter().filter(|one| one.verdict == Verdict::Regressed).count() < 12);
}

#[test]
fn another_shape_with_the_same_median_is_no_change() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut changed = 0;
    for _ in 0..200 {
        let mut pairs = pairs(&mut random, 20, 1.0, 0.01);
        for pair in &mut pairs {
            if random.f64() < 0.15 {
                pair.1 *= 1.3;
            }
        }
        changed += usize::from(is_change(judge_one(time(&pairs), 20).verdict));
    }
    assert!(changed <= 4, "{changed} of 200");
}

#[test]
fn what_explains_is_asked_only_where_something_changed() {
    let mut random = fastrand::Rng::with_seed(8);
    let (whole, phase) = (pairs(&mut random, 30, 1.1, 0.01), pairs(&mut random, 30, 1.3, 0.01));
    let still = pairs(&mut random, 30, 1.0, 0.01);
    let explains = |pairs, group| Sample { role: Role::Explains, group, pool: 1, ..time(pairs) };
    let judged = |whole| {
        let samples = [time(whole), explains(&phase, 0)];
        judge(&samples, &declare_looks(3, 30), &Rules::default())[1].verdict
    };
    assert_eq!(judged(&whole), Verdict::Regressed);
    assert_eq!(judged(&still), Verdict::Undecided);
}

#[test]
fn others_that_changed_do_not_loosen_the_level() {
    let mut random = fastrand::Rng::with_seed(9);
    let border = pairs(&mut random, 30, 1.012, 0.015);
    let strong: Vec<Vec<(f64, f64)>> = (0..9).map(|_| pairs(&mut random, 30, 1.5, 0.015)).collect();
    let p_value = judge_one(time(&border), 30).p_value.unwrap();
    let mut samples = vec![time(&border)];
    samples.extend(strong.iter().map(|pairs| time(pairs)));
    let judged = judge(&samples, &declare_looks(3, 30), &Rules::default());
    assert_eq!(judged[0].p_value, Some(p_value));
    assert_eq!(is_change(judged[0].verdict), p_value <= 0.01 && judged[0].ratio >= 1.01);
    assert!(judged[1..].iter().all(|one| one.verdict == Verdict::Regressed));
}

#[test]
fn exchanging_the_sides_exchanges_the_verdict() {
    let mut random = fastrand::Rng::with_seed(4);
    for count in [4, 12, 40] {
        for ratio in [0.97, 1.0, 1.02] {
            let there = pairs(&mut random, count, ratio, 0.01);
            let back: Vec<(f64, f64)> = there.iter().map(|(a, b)| (*b, *a)).collect();
            for of in [time, memory] {
                let (there, back) = (judge_one(of(&there), count), judge_one(of(&back), count));
                assert!((there.ratio * back.ratio - 1.0).abs() < 1e-12);
                assert!((there.low * back.high - 1.0).abs() < 1e-9 || there.low == 0.0, "{there:?} {back:?}");
                assert!((there.p_value.unwrap() - back.p_value.unwrap()).abs() < 1e-12);
            }
        }
    }
}

/// Families of many sizes, noises and shifts, drifting so that looks contradict one another.
#[test]
fn verdict_and_interval_never_disagree() {
    let mut random = fastrand::Rng::with_seed(5);
    let mut seen = [0; 4];
    for round in 0..300 {
        let figures: Vec<Vec<(f64, f64)>> = (0..12)
            .map(|_| {
                let count = random.usize(0..70);
                let shift = 0.05 * normal(&mut random) * f64::from(random.u8(0..3));
                let noise = 0.03 * random.f64().powi(2);
                let mut pairs = pairs(&mut random, count, shift.exp(), noise);
                if round % 3 == 0 {
                    // The second half says the opposite of the first.
                    for pair in pairs.iter_mut().skip(20) {
                        pair.1 *= (-3.0 * shift).exp();
                    }
                }
                pairs
            })
            .collect();
        let thresholds = [0.0, 0.002, 0.01, 0.05];
        let samples: Vec<Sample> = figures
            .iter()
            .enumerate()
            .map(|(index, pairs)| {
                let sample = if index % 2 == 0 { time(pairs) } else { memory(pairs) };
                Sample { threshold: thresholds[index / 2 % 4], group: index, ..sample }
            })
            .collect();
        let (looks, rules) = (declare_looks(3, 60), Rules::default());
        let judged = judge(&samples, &looks, &rules);
        let mut case = Case::new(samples.len());
        case.update(&samples, &looks);
        assert_eq!(judged.iter().map(|it| it.verdict).collect::<Vec<_>>(), case.verdicts(&samples, &rules));
        for (it, sample) in judged.iter().zip(&samples) {
            match it.verdict {
                Verdict::Regressed => assert!(it.low > 1.0, "{it:?}"),
                Verdict::Improved => assert!(it.high < 1.0, "{it:?}"),
                Verdict::Equal => {
                    let margin = 1.0 + sample.threshold + 1e-9;
                    assert!(it.low > 1.0 / margin && it.high < margin, "{it:?} {sample:?}");
                }
                Verdict::Undecided => {}
                Verdict::SameBinary => panic!("the judge knows no binaries"),
            }
            assert!(it.low <= it.high && (it.runs == 0 || (it.low <= it.ratio && it.ratio <= it.high)), "{it:?}");
            seen[it.verdict as usize] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

#[test]
fn contradictory_looks_show_nothing() {
    // 5 % slower throughout the first looks, then much faster.
    let pairs: Vec<(f64, f64)> =
        (0..41).map(|i| (100.0, if i < 20 { 105.0 } else { 60.0 } + 0.01 * f64::from(i as u32 % 7))).collect();
    let judged = judge_one(time(&pairs), 41);
    assert!(!is_change(judged.verdict) || judged.verdict == Verdict::Improved, "{judged:?}");
    assert!(judged.low < judged.high);
}

#[test]
fn exact_figures_are_compared_as_they_are() {
    let exact = |a: f64, b: f64, threshold| {
        let pairs = [(a, b); 3];
        judge_one(Sample { threshold, noise: Noise::Exact, ..time(&pairs) }, 30)
    };
    let one_byte = exact(10_000.0, 10_001.0, 0.0);
    assert_eq!((one_byte.verdict, one_byte.basis, one_byte.p_value), (Verdict::Regressed, Basis::Exact, None));
    assert_eq!((one_byte.ratio, one_byte.low, one_byte.high, one_byte.runs), (1.0001, 1.0001, 1.0001, 3));
    assert_eq!(exact(10_000.0, 9_999.0, 0.0).verdict, Verdict::Improved);
    assert_eq!(exact(10_000.0, 10_001.0, 0.001).verdict, Verdict::Equal);
    assert_eq!(exact(0.0, 0.0, 0.0).verdict, Verdict::Equal);
    assert_eq!(exact(0.0, 8.0, 0.0).verdict, Verdict::Regressed);
    // Sizes that vary after all are measured like memory.
    let varying = [(1.0, 1.0), (1.0, 2.0)];
    let judged = judge_one(Sample { noise: Noise::Exact, threshold: 0.0, ..time(&varying) }, 30);
    assert_eq!((judged.verdict, judged.basis), (Verdict::Undecided, Basis::Spread));
}

#[test]
fn exact_figures_do_not_make_the_others_harder_to_find() {
    let mut random = fastrand::Rng::with_seed(8);
    let found = pairs(&mut random, 40, 1.1, 0.01);
    let sizes = [(1.0, 1.0)];
    let mut samples = vec![time(&found)];
    let looks = declare_looks(3, 40);
    let alone = judge(&samples, &looks, &Rules::default())[0];
    samples.extend([Sample { noise: Noise::Exact, threshold: 0.0, ..time(&sizes) }; 50]);
    assert_eq!(judge(&samples, &looks, &Rules::default())[0], alone);
}

#[test]
fn instructions_with_two_levels_are_no_change() {
    let mut random = fastrand::Rng::with_seed(10);
    let mut alarms = 0;
    for _ in 0..200 {
        let figures: Vec<Vec<(f64, f64)>> = (0..8)
            .map(|_| {
                let mut count = || 1e9 * if random.bool() { 1.003 } else { 1.0 };
                (0..3).map(|_| (count(), count())).collect()
            })
            .collect();
        let samples: Vec<Sample> = figures
            .iter()
            .map(|pairs| Sample { noise: Noise::Counted, floor: 2e-5, threshold: 0.002, ..time(pairs) })
            .collect();
        let judged = judge(&samples, &declare_looks(3, 18), &Rules::default());
        alarms += usize::from(judged.iter().any(|one| is_change(one.verdict)));
    }
    assert!(alarms <= 3, "{alarms} of 200 suites");
}

#[test]
fn sides_that_were_measured_apart_are_widened_by_what_neighbours_have_in_common() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut alarms = 0;
    for _ in 0..200 {
        let figures: Vec<[Vec<f64>; 2]> = (0..8)
            .map(|_| {
                [(), ()].map(|()| {
                    let mut state = normal(&mut random);
                    (0..20)
                        .map(|_| {
                            state = 0.7 * state + (1.0f64 - 0.49).sqrt() * normal(&mut random);
                            100.0 * (0.03 * state).exp()
                        })
                        .collect()
                })
            })
            .collect();
        let samples: Vec<Sample> =
            figures.iter().map(|[a, b]| Sample { values: Values::Sides(a, b), ..time(&[]) }).collect();
        let judged = judge(&samples, &declare_looks(3, 20), &Rules::default());
        alarms += usize::from(judged.iter().any(|one| is_change(one.verdict)));
        assert!(judged.iter().all(|one| one.low > 0.0 && one.high.is_finite()));
    }
    assert!(alarms <= 5, "{alarms} of 200 suites");
    let clear = [
        [100.0, 101.0, 99.5, 100.2, 100.7, 99.1, 100.3, 99.9, 100.1],
        [62.0, 62.5, 61.8, 62.2, 62.1, 61.5, 62.7, 62.3, 61.9],
    ];
    let judged = judge_one(Sample { values: Values::Sides(&clear[0], &clear[1]), ..time(&[]) }, 9);
    assert_eq!(judged.verdict, Verdict::Improved, "{judged:?}");
}

/// One machine whose mood all benchmarks of a side share: it is no evidence that all of them changed.
#[test]
fn all_programs_together_are_judged_of_sides_that_were_measured_apart() {
    let mut random = fastrand::Rng::with_seed(12);
    let members: Vec<usize> = (0..8).collect();
    let mut together = |ratio: f64| {
        let sides = [1.0, ratio].map(|level| {
            let mut state = normal(&mut random);
            let mut figures = vec![Vec::new(); members.len()];
            for _ in 0..20 {
                state = 0.7 * state + (1.0f64 - 0.49).sqrt() * normal(&mut random);
                for figure in &mut figures {
                    figure.push(100.0 * level * (0.03 * state + 0.002 * normal(&mut random)).exp());
                }
            }
            figures
        });
        let figure =
            |group: usize| Sample { values: Values::Sides(&sides[0][group], &sides[1][group]), group, ..time(&[]) };
        let mut samples: Vec<Sample> = members.iter().map(|group| figure(*group)).collect();
        samples.push(Sample { values: Values::Mean(&members), group: members.len(), pool: 1, ..time(&[]) });
        judge(&samples, &declare_looks(3, 20), &Rules::default())[members.len()]
    };
    let alarms = (0..200).filter(|_| is_change(together(1.0).verdict)).count();
    assert!(alarms <= 3, "{alarms} of 200");
    let judged = together(2.0);
    assert_eq!(judged.verdict, Verdict::Regressed, "{judged:?}");
    assert!(judged.low < 2.0 && judged.high > 2.0, "{judged:?}");
    // The interval of what is undecided knows that, too.
    let unclear = together(1.02);
    assert!(unclear.verdict == Verdict::Undecided && unclear.low < 1.0 && unclear.high > 1.02, "{unclear:?}");
}

#[test]
fn nothing_panics() {
    let looks = declare_looks(3, 30);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, f64::MAX, f64::MIN_POSITIVE, 1.0];
    let all: Vec<(f64, f64)> = odd.iter().flat_map(|a| odd.iter().map(move |b| (*a, *b))).collect();
    let members = [0, 1, 2, usize::MAX];
    let mut samples = Vec::new();
    for noise in [Noise::Drifting, Noise::Steady, Noise::Counted, Noise::Exact] {
        for threshold in odd {
            for floor in odd {
                for values in [
                    Values::Pairs(&all),
                    Values::Pairs(&all[..1]),
                    Values::Pairs(&[]),
                    Values::Sides(&odd, &odd[5..]),
                    Values::Sides(&[], &odd),
                    Values::Mean(&members),
                    Values::Mean(&[]),
                ] {
                    let role = [Role::Decides, Role::Explains, Role::Accompanies][samples.len() % 3];
                    let (pool, group) = (samples.len() % 5, samples.len() % 7);
                    samples.push(Sample {
                        values,
                        noise,
                        floor,
                        step: floor,
                        offset: threshold,
                        threshold,
                        pool,
                        group,
                        role,
                    });
                }
            }
        }
    }
    for rules in [Rules::default(), Rules { q_change: f64::NAN, q_equal: -1.0 }, Rules { q_change: 1.0, q_equal: 1.0 }]
    {
        assert_eq!(judge(&samples, &looks, &rules).len(), samples.len());
    }
    assert!(judge(&[], &looks, &Rules::default()).is_empty());
    let none = judge_one(time(&[]), 3);
    assert!(none.ratio.is_nan() && none.runs == 0 && none.verdict == Verdict::Undecided);
}
