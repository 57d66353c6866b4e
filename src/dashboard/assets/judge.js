// The verdicts of `forc-perf diff`, in the browser: any two of thousands of reports cannot be compared beforehand.
//
// A second implementation, on purpose. It says of two data files what `compare::of_reports` says of the two reports: the same
// verdicts, and to nine digits the same figures; tests/dashboard_compare.rs runs both on the same data. Each function names
// the Rust item that it follows, where the method and its sources are explained; whoever changes one changes both. Constants
// are not repeated here: they come with data/rules.js. What is returned has the form of `model::Findings` in JSON.
//
// One thing may differ: a browser's logarithm may round otherwise than Rust's, in the last bit. It matters where two values
// differ by the very threshold, to the last digit, and there alone.
"use strict";
((forcPerf) => {
  // --- stats/mod.rs ---

  // `stats::sorted`: numbers in ascending order.
  const sorted = (values) => Float64Array.from(values).sort();

  // `stats::quantile`, of a sorted sample that is not empty.
  const quantile = (values, probability) => {
    const position = probability * (values.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, values.length - 1);
    return values[below] + (position - below) * (values[above] - values[below]);
  };

  // `stats::median`; null of none.
  const median = (values) =>
    values.length === 0 || !values.every(Number.isFinite) ? null : quantile(sorted(values), 0.5);

  const sum = (values) => values.reduce((a, b) => a + b, 0);

  // The first place at which `is` no longer holds of an ordered list.
  const partitionPoint = (values, is) => {
    let [low, high] = [0, values.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (is(values[middle])) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  // --- special functions, which Rust has from `statrs` ---

  // 1 − erf, to some fourteen digits in the far tail as well: by the series of erf near 0 (Abramowitz and Stegun 7.1.6),
  // else by the continued fraction (7.1.14), evaluated after Lentz.
  const erfc = (x) => {
    if (x < 0) return 2 - erfc(-x);
    if (x < 2) {
      let [term, total] = [x, x];
      for (let n = 1; Math.abs(term) > 1e-17 * total; n++) {
        term *= (2 * x * x) / (2 * n + 1);
        total += term;
      }
      return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
    }
    const fraction = lentz(x, (n) => [n / 2, x]);
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  };

  // b₀ + a₁/(b₁ + a₂/(b₂ + …)), with [aₙ, bₙ] = `part(n)`.
  const lentz = (first, part) => {
    const tiny = 1e-300;
    let f = first === 0 ? tiny : first;
    let [c, d] = [f, 0];
    for (let n = 1; n < 100000; n++) {
      const [a, b] = part(n);
      d = b + a * d;
      if (d === 0) d = tiny;
      d = 1 / d;
      c = b + a / c;
      if (c === 0) c = tiny;
      f *= c * d;
      if (Math.abs(c * d - 1) < 3e-16) break;
    }
    return f;
  };

  // ln Γ(x) for x > 0, by recurrence up to 20 and Stirling's series (Abramowitz and Stegun 6.1.41).
  const lnGamma = (x) => {
    let product = 0;
    for (; x < 20; x++) product += Math.log(x);
    const square = 1 / (x * x);
    const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / x;
    return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - product;
  };

  // ψ(x) for x > 0, by recurrence up to 20 and the asymptotic series (Abramowitz and Stegun 6.3.18).
  const digamma = (x) => {
    let total = 0;
    for (; x < 20; x++) total -= 1 / x;
    const square = 1 / (x * x);
    const series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))));
    return total + Math.log(x) - 0.5 / x - series;
  };

  // The regularised incomplete beta function (Abramowitz and Stegun 26.5.8 and 6.6.3) of x, with y = 1 − x.
  const incompleteBeta = (a, b, x, y) => {
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, y, x);
    const log = (value, rest) => (value < 0.5 ? Math.log(value) : Math.log1p(-rest));
    const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * log(x, y) + b * log(y, x)) / a;
    const fraction = lentz(1, (n) => {
      const m = Math.floor(n / 2);
      const top = n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
      return [top, 1];
    });
    return front / fraction;
  };

  // --- stats/rank_sum.rs ---

  const tables = new Map();

  // `rank_sum::lower_tails`: P(U ≤ u) for all u, by counting.
  const lowerTails = (m, n) => {
    const key = m * 1000 + n;
    if (tables.has(key)) return tables.get(key);
    const most = m * n;
    const ways = Array.from({ length: m + 1 }, () => new Float64Array(most + 1));
    ways[0][0] = 1;
    for (let rank = 1; rank <= m + n; rank++) {
      for (let taken = Math.min(m, rank); taken >= 1; taken--) {
        const excess = rank - taken;
        if (excess > n) continue;
        for (let total = most; total >= excess; total--) ways[taken][total] += ways[taken - 1][total - excess];
      }
    }
    const all = sum(ways[m]);
    let seen = 0;
    const tails = ways[m].map((count) => Math.min((seen += count) / all, 1));
    tables.set(key, tails);
    return tails;
  };

  // `rank_sum::RankSum`.
  class RankSum {
    constructor(a, b, rules) {
      const differences = new Float64Array(a.length * b.length);
      let at = 0;
      for (const y of b) for (const x of a) differences[at++] = y - x;
      this.differences = differences.sort();
      this.sizes = [Math.min(a.length, b.length), Math.max(a.length, b.length)];
      const [m, n] = this.sizes;
      this.table = n <= rules.mostRankedExactly && m > 0 ? lowerTails(m, n) : null;
    }

    count() {
      return this.sizes[0];
    }

    above(value) {
      return this.tail(this.differences.length - partitionPoint(this.differences, (one) => one <= value));
    }

    below(value) {
      return this.tail(partitionPoint(this.differences, (one) => one < value));
    }

    estimate() {
      return this.differences.length === 0 ? null : quantile(this.differences, 0.5);
    }

    limits(level) {
      const most = this.differences.length;
      let [low, high] = [1, most + 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.tail(middle) <= level) high = middle;
        else low = middle + 1;
      }
      return low > most ? [-Infinity, Infinity] : [this.differences[most - low], this.differences[low - 1]];
    }

    tail(statistic) {
      const most = this.differences.length;
      if (statistic === 0 || most === 0) return 1;
      if (this.table) return this.table[most - statistic] ?? 1;
      const [m, n] = this.sizes;
      const deviation = Math.sqrt((m * n * (m + n + 1)) / 12);
      return 0.5 * erfc((statistic - 0.5 - (m * n) / 2) / deviation / Math.SQRT2);
    }
  }

  // --- stats/family.rs ---

  // `family::step_up`.
  const stepUp = (pValues, q) => {
    const values = sorted(pValues);
    const tests = Math.max(values.length, 1);
    const level = (rank) => (rank * q) / tests;
    let rejected = values.length;
    while (rejected > 0 && !(values[rejected - 1] <= level(rejected))) rejected--;
    return { rejected, level: level(rejected), next: level(Math.min(rejected + 1, tests)) };
  };

  // --- stats/noise.rs ---

  const mean = (values) => sum(values) / values.length;

  // `noise::Variance::of`.
  const variance = (logs) => {
    const df = Math.max(logs.length - 1, 0);
    const centre = mean(logs);
    const squares = sum(logs.map((log) => (log - centre) * (log - centre)));
    return { square: df > 0 ? squares / df : 0, df };
  };

  // `noise::trigamma`.
  const trigamma = (x) => {
    let total = 0;
    for (; x < 10; x++) total += 1 / (x * x);
    const inverse = 1 / x;
    const square = inverse * inverse;
    const series = 1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30));
    return total + inverse + square / 2 + square * inverse * series;
  };

  // `noise::inverse_trigamma`.
  const inverseTrigamma = (value) => {
    if (value > 1e7) return 1 / Math.sqrt(value);
    if (value < 1e-6) return 1 / value;
    let [low, high] = [1e-4, 1e7];
    for (let step = 0; step < 100; step++) {
      const middle = Math.sqrt(low * high);
      if (trigamma(middle) > value) low = middle;
      else high = middle;
    }
    return high;
  };

  // `noise::pooled_noise`.
  const pooledNoise = (groups, rules) => {
    const least = rules.leastNoise * rules.leastNoise;
    const sound = groups.filter((group) => group.length >= 2 && group.every((value) => Number.isFinite(value) && value > 0));
    const variances = sound.map((group) => variance(group.map(Math.log)));
    const totalDf = sum(variances.map((one) => one.df));
    if (variances.length === 0) return { sd: rules.leastNoise, df: 0, totalDf: 0 };
    const floored = (one) => Math.max(one.square, least);
    const pooled = sum(variances.map((one) => one.df * floored(one))) / totalDf;
    if (variances.length === 1) return { sd: Math.sqrt(pooled), df: 0, totalDf };
    const logs = variances.map((one) => Math.log(floored(one)) - digamma(one.df / 2) + Math.log(one.df / 2));
    const count = logs.length;
    const centre = mean(logs);
    const scatter = sum(logs.map((log) => (log - centre) * (log - centre))) / (count - 1);
    const byChance = sum(variances.map((one) => trigamma(one.df / 2))) / count;
    const uncertain = Math.max(scatter, byChance) * Math.sqrt(5 / (count - 1));
    const half = inverseTrigamma(Math.max(scatter - byChance, 0) + uncertain);
    return { sd: Math.sqrt(Math.exp(centre + digamma(half) - Math.log(half))), df: Math.min(2 * half, totalDf), totalDf };
  };

  // `noise::student_tail`.
  const studentTail = (value, df) => {
    if (value === Infinity) return 0;
    if (Number.isNaN(value) || !(df > 0)) return 1;
    if (value < 0) return 1 - studentTail(-value, df);
    // Rounded here as `statrs` rounds it: of values near 0 the tail has half of its digits.
    const x = df / (df + value * value);
    return 0.5 * incompleteBeta(df / 2, 0.5, x, 1 - x);
  };

  // `noise::student_quantile`.
  const studentQuantile = (level, df) => {
    if (level >= 0.5) return 0;
    if (!(level > 0)) return Infinity;
    let high = 1;
    while (studentTail(high, df) > level) {
      high *= 2;
      if (high === Infinity) return high;
    }
    let low = 0;
    for (let step = 0; step < 100; step++) {
      const middle = (low + high) / 2;
      if (studentTail(middle, df) > level) low = middle;
      else high = middle;
    }
    return high;
  };

  // `noise::Difference`; null where nothing is known of the noise.
  const difference = (a, b, noise, rules) => {
    const [ofA, ofB] = [variance(a), variance(b)];
    const ownDf = ofA.df + ofB.df;
    const sound = Number.isFinite(noise.sd) && Number.isFinite(noise.df) && noise.df >= 0 && noise.df + ownDf > 0;
    if (a.length === 0 || b.length === 0 || !sound) return null;
    const own = ofA.df * ofA.square + ofB.df * ofB.square;
    const square = (noise.df * (noise.sd * noise.sd) + own) / (noise.df + ownDf);
    const sizes = 1 / a.length + 1 / b.length;
    const df = Math.min(noise.df + ownDf, Math.max(noise.totalDf, 1));
    const estimate = mean(b) - mean(a);
    const error = Math.sqrt(Math.max(square, rules.leastNoise * rules.leastNoise) * sizes);
    return {
      estimate,
      error,
      above: (value) => studentTail((estimate - value) / error, df),
      below: (value) => studentTail((value - estimate) / error, df),
      limits: (level) => {
        const reach = studentQuantile(level, df) * error;
        return [estimate - reach, estimate + reach];
      },
    };
  };

  // --- stats/judge.rs; `of_reports` declares no looks, so that nothing is paired ---

  const [LOWER, ZERO, UPPER] = [0, 1, 2];

  // `judge::Sample::margin`.
  const margin = (sample) => (Number.isFinite(sample.threshold) && sample.threshold > 0 ? Math.log1p(sample.threshold) : 0);

  // `judge::exact_ratio`; null where there is none.
  const exactRatio = ({ base, other, offset }) => {
    if (base.length === 0 || other.length === 0) return null;
    const [a, b] = [base[0] + offset, other[0] + offset];
    return a >= 0 && b >= 0 ? (a === b ? 1 : b / a) : null;
  };

  // `judge::exact_verdict`.
  const exactVerdict = (ratio, given) => {
    const threshold = Number.isFinite(given) ? Math.max(given, 0) : 0;
    if (ratio > 1 + threshold) return "regressed";
    return ratio < 1 / (1 + threshold) ? "improved" : "equal";
  };

  // `judge::Data::new`.
  const dataOf = (sample, rules) => {
    if (sample.kind === "exact") {
      const ratio = exactRatio(sample);
      if (ratio !== null) return { kind: "exact", ratio };
    }
    const usable = (value) => Number.isFinite(value + sample.offset) && value + sample.offset > 0;
    const log = (value) => Math.log(value + sample.offset);
    if (sample.kind === "noisy") {
      const pairs = Math.min(sample.base.length, sample.other.length);
      const [a, b] = [[], []];
      for (let at = 0; at < pairs; at++) {
        if (!usable(sample.base[at]) || !usable(sample.other[at])) continue;
        a.push(log(sample.base[at]));
        b.push(log(sample.other[at]));
      }
      return { kind: "noisy", runs: a.length, statistic: difference(a, b, sample.noise, rules) };
    }
    const logs = (values) => values.filter(usable).map(log);
    const statistic = new RankSum(logs(sample.base), logs(sample.other), rules);
    return { kind: "unpaired", runs: statistic.count(), statistic };
  };

  // `judge::Evidence::of` and `Evidence::without_contradictions`.
  const evidenceOf = (sample, data, rules) => {
    const delta = margin(sample);
    const bounds = [-delta, 0, delta];
    const evidence = { exact: null, hasThreshold: delta > 0, above: [1, 1, 1], below: [1, 1, 1] };
    if (data.kind === "exact") {
      evidence.exact = exactVerdict(data.ratio, sample.threshold);
    } else if (data.statistic) {
      evidence.above = bounds.map((bound) => data.statistic.above(bound));
      evidence.below = bounds.map((bound) => data.statistic.below(bound));
    }
    const { above, below } = evidence;
    const level = Math.max(rules.falseChangeRate / 2, rules.falseEqualityRate);
    for (let at = LOWER; at <= UPPER; at++) {
      if (above[at] <= level && below[at] <= level) above[at] = below[at] = 1;
    }
    for (const at of [ZERO, UPPER]) above[at] = Math.max(above[at], above[at - 1]);
    for (const at of [ZERO, LOWER]) below[at] = Math.max(below[at], below[at + 1]);
    evidence.change = Math.min(2 * Math.min(above[ZERO], below[ZERO]), 1);
    evidence.equal = Math.min(Math.max(above[LOWER], below[UPPER]), 1);
    return evidence;
  };

  // `judge::Evidence::decide`: the verdict and its level.
  const decide = (evidence, levels) => {
    if (evidence.exact !== null) return [evidence.exact, 0];
    const within = (level) => evidence.hasThreshold && evidence.equal <= level;
    if (levels.equal.rejected > 0 && within(levels.equal.level)) return ["equal", levels.equal.level];
    if (levels.change.rejected > 0 && evidence.change <= levels.change.level) {
      const level = levels.change.level / 2;
      if (within(level)) return ["equal", level];
      return [evidence.above[ZERO] < evidence.below[ZERO] ? "regressed" : "improved", level];
    }
    const next = levels.change.next / 2;
    return ["undecided", evidence.hasThreshold ? Math.min(next, levels.equal.next) : next];
  };

  // The next double above or below a positive one.
  const bits = new BigInt64Array(1);
  const double = new Float64Array(bits.buffer);
  const neighbour = (value, step) => {
    double[0] = value;
    bits[0] += step;
    return double[0];
  };

  // `judge::Evidence::settle`.
  const settle = (evidence, [low, high], threshold, level) => {
    const edge = evidence.hasThreshold ? 1 + threshold : 1;
    const ratios = [1 / edge, 1, edge];
    for (let at = LOWER; at <= UPPER; at++) {
      low = evidence.above[at] <= level ? Math.max(low, neighbour(ratios[at], 1n)) : Math.min(low, ratios[at]);
    }
    for (let at = UPPER; at >= LOWER; at--) {
      high = evidence.below[at] <= level ? Math.min(high, neighbour(ratios[at], -1n)) : Math.max(high, ratios[at]);
    }
    return [low, Math.max(high, low)];
  };

  // `judge::half`; null where it is not finite.
  const half = ([low, high]) => (Number.isFinite(high - low) ? (high - low) / 2 : null);

  // `judge::conclude`.
  const conclude = (sample, data, evidence, levels, rules) => {
    const [verdict, level] = decide(evidence, levels);
    if (data.kind === "exact") {
      const { ratio } = data;
      const pairs = Math.min(sample.base.length, sample.other.length);
      return { verdict, ratio, low: ratio, high: ratio, confidence: 1, p_value: null, pairs, detectable: null, more_runs: null };
    }
    const { statistic, runs } = data;
    let [limits, estimate, precision] = [[-Infinity, Infinity], null, null];
    if (statistic) {
      limits = statistic.limits(level);
      estimate = data.kind === "noisy" ? statistic.estimate : statistic.estimate();
      const [errorLevel, errorZ] = rules.errorLevel;
      const reach = half(limits);
      const central = data.kind === "noisy" ? statistic.error : half(statistic.limits(errorLevel));
      if (reach !== null && central !== null) precision = { reach, error: data.kind === "noisy" ? central : central / errorZ };
    }
    const [low, high] = settle(evidence, [Math.exp(limits[0]), Math.exp(limits[1])], sample.threshold, level);
    let [detectable, moreRuns] = [null, null];
    if (verdict === "undecided" && precision) {
      const log = precision.reach + rules.zPower * precision.error;
      const change = Math.exp(log) - 1;
      if (change < rules.untoldChange) detectable = change;
      const delta = margin(sample);
      const times = log / delta;
      const needed = runs * (times * times);
      const more = Math.max(Math.max(Math.ceil(needed) - runs, 0), 1);
      if (delta > 0 && Number.isFinite(needed) && more < rules.untoldRuns) moreRuns = more;
    }
    return {
      verdict,
      ratio: estimate === null ? NaN : Math.min(Math.max(Math.exp(estimate), low), high),
      low,
      high,
      confidence: 1 - 2 * level,
      p_value: evidence.change,
      pairs: runs,
      detectable,
      more_runs: moreRuns,
    };
  };

  // `judge::judge_family`.
  const judgeFamily = (samples, rules) => {
    const data = samples.map((sample) => dataOf(sample, rules));
    const evidence = samples.map((sample, at) => evidenceOf(sample, data[at], rules));
    const tested = evidence.filter((one) => one.exact === null);
    const levels = {
      change: stepUp(tested.map((one) => one.change), rules.falseChangeRate),
      equal: stepUp(tested.filter((one) => one.hasThreshold).map((one) => one.equal), rules.falseEqualityRate),
    };
    return samples.map((sample, at) => conclude(sample, data[at], evidence[at], levels, rules));
  };

  // --- data files: dashboard/compare/report.rs, which writes what compare/series.rs extracts ---

  const keyOf = (name, depth) => `${depth} ${name}`;

  // A report's data file with its benchmarks unpacked: samples as lists, a run an element.
  const unpack = (data) => {
    const samples = (values, runs) => (Array.isArray(values) ? values : Array(runs).fill(values));
    const benchmarks = new Map();
    for (const one of data.b) {
      const whole = new Map((one.w ?? []).map(([at, values, unit = 1]) => [data.q[at], samples(values, one.r).map((value) => value * unit)]));
      const phases = (one.p ?? []).map(([at, ...columns]) => {
        const [name, depth] = data.p[at];
        return { name, depth, key: keyOf(name, depth), columns: columns.map((column) => column === null ? null : samples(column, one.r)) };
      });
      const counted = one.n && {
        totals: samples(one.n.t, one.n.r),
        phases: one.n.p.map(([at, values]) => ({ name: data.p[at][0], depth: data.p[at][1], values: samples(values, one.n.r) })),
      };
      const failed = one.x ? { kind: one.x[0], message: one.x[1], phase: one.x[2] } : null;
      benchmarks.set(one.i, { id: one.i, runs: one.r, failed, outputs: new Map(one.o ?? []), whole, phases, counted });
    }
    return { data, order: data.b.map((one) => one.i), benchmarks };
  };

  // --- compare/phases.rs ---

  // `phases::matched`: what both sides have, and what only one has.
  const matched = (base, other, splits) => {
    const has = (side, names, depth) => names.every((name) => side.some((one) => one.name === name && one.depth === depth));
    const shared = [];
    for (const { name, depth } of base) {
      if (has(other, [name], depth)) {
        shared.push({ name, depth, base: [name], other: [name] });
        continue;
      }
      for (const [whole, parts] of splits) {
        if (name === whole && has(other, parts, depth)) shared.push({ name, depth, base: [name], other: parts });
        else if (parts[0] === name && has(base, parts, depth) && has(other, [whole], depth)) {
          shared.push({ name: whole, depth, base: parts, other: [whole] });
        }
      }
    }
    for (const one of shared) one.parts = [one.base, one.other].find((names) => names.length > 1) ?? [];
    const used = (side) => (phase) => shared.some((one) => one.depth === phase.depth && one[side].includes(phase.name));
    const gone = base.filter((phase) => !used("base")(phase)).map((phase) => ({ phase, gone: true }));
    const fresh = other.filter((phase) => !used("other")(phase)).map((phase) => ({ phase, gone: false }));
    return { shared, unmatched: [...gone, ...fresh] };
  };

  // `phases::sum` over all runs: a list for each metric of phases, null for what a run lacks; null if a run lacks a phase.
  const sums = (side, names, depth, rules) => {
    const rows = names.map((name) => side.phases.find((phase) => phase.key === keyOf(name, depth)));
    if (rows.some((row) => !row || row.columns[0].includes(null))) return null;
    const added = (lists) => Array.from({ length: side.runs }, (_, run) => lists.reduce((all, list) => all + list[run], 0));
    const columns = rules.phaseMetrics.map((_, at) => {
      const lists = rows.map((row) => row.columns[at] ?? null);
      return lists.includes(null) ? null : added(lists);
    });
    const walls = side.whole.get("wall");
    const shares = added(rows.map((row) => row.columns[0].map((wall, run) => (walls[run] > 0 ? wall / walls[run] : 0))));
    return { columns, shares };
  };

  // --- compare/series.rs ---

  // `Series::has_events`.
  const hasEvents = (series, metric) =>
    !metric.explains || series.base.some((count) => count > 0) || series.other.some((count) => count > 0);

  // `series::counted`.
  const countedSeries = (base, other, rules) => {
    const [a, b] = [base.counted, other.counted];
    if (!a || !b) return [];
    const series = [{ metric: "instructions", phase: null, depth: 0, parts: [], base: a.totals, other: b.totals, counted: true }];
    const added = (side, names) => {
      const lists = names.map((name) => side.phases.find((phase) => phase.name === name)?.values);
      if (lists.some((list) => !list || list.includes(null))) return null;
      return side.totals.map((_, run) => lists.reduce((all, list) => all + list[run], 0));
    };
    const matters = (values, side) => {
      const count = median(values);
      return count !== null && count >= rules.leastShare * side.totals[0];
    };
    for (const phase of matched(a.phases, b.phases, rules.splits).shared) {
      const [x, y] = [added(a, phase.base), added(b, phase.other)];
      if (!x || !y || (!matters(x, a) && !matters(y, b))) continue;
      series.push({ metric: "instructions", phase: phase.name, depth: phase.depth, parts: phase.parts, base: x, other: y, counted: true });
    }
    return series;
  };

  // `series::of`.
  const seriesOf = (base, other, rules) => {
    const counted = countedSeries(base, other, rules);
    if (base.runs === 0 || other.runs === 0) return { series: counted, unmatched: [] };
    const wanted = (metric) => !(counted.length > 0 && metric === "instructions");
    const whole = [];
    for (const metric of rules.metrics) {
      const [a, b] = [base.whole.get(metric.id), other.whole.get(metric.id)];
      if (!wanted(metric.id) || !a || !b) continue;
      const series = { metric: metric.id, phase: null, depth: 0, parts: [], base: a, other: b, counted: false };
      if (hasEvents(series, metric)) whole.push(series);
    }
    const { shared, unmatched } = matched(base.phases, other.phases, rules.splits);
    const ofPhases = [];
    for (const phase of shared) {
      const [a, b] = [sums(base, phase.base, phase.depth, rules), sums(other, phase.other, phase.depth, rules)];
      if (!a || !b) continue;
      const matters = ({ shares }) => {
        const share = median(shares);
        return share !== null && share >= rules.leastShare;
      };
      if (!matters(a) && !matters(b)) continue;
      rules.phaseMetrics.forEach((metric, at) => {
        if (!wanted(metric) || !a.columns[at] || !b.columns[at]) return;
        const { name, depth, parts } = phase;
        const series = { metric, phase: name, depth, parts, base: a.columns[at], other: b.columns[at], counted: false };
        if (hasEvents(series, metricOf(metric, rules))) ofPhases.push(series);
      });
    }
    const series = [...whole, ...counted.filter((one) => one.phase === null), ...counted.filter((one) => one.phase !== null), ...ofPhases];
    const lonely = unmatched.map(({ phase, gone }) => {
      const wall = median(phase.columns[0].filter((value) => value !== null));
      return { phase: phase.name, depth: phase.depth, gone, wall };
    });
    return { series, unmatched: lonely.filter((one) => one.wall !== null) };
  };

  // `series::noise_of_counts`.
  const noiseOfCounts = (sides, rules) => {
    const counted = sides.map((side) => side.counted).filter(Boolean);
    const phases = counted.flatMap((side) => side.phases.map((phase) => phase.values.filter((count) => count !== null)));
    return { whole: pooledNoise(counted.map((side) => side.totals), rules), phase: pooledNoise(phases, rules) };
  };

  // --- compare/mod.rs ---

  const metricOf = (id, rules) => rules.metrics.find((metric) => metric.id === id);

  // `compare::sample` and `compare::offset`.
  const sampleOf = (series, noise, rules) => {
    const metric = metricOf(series.metric, rules);
    const constant = (values) => values.every((value) => Object.is(value, values[0]));
    const nothing = () => series.base.includes(0) || series.other.includes(0);
    const exact = metric.size && constant(series.base) && constant(series.other);
    return {
      base: series.base,
      other: series.other,
      offset: metric.size && nothing() ? 1 : metric.offset,
      threshold: metric.threshold,
      kind: exact ? "exact" : series.counted ? "noisy" : "unpaired",
      noise: series.phase === null ? noise.whole : noise.phase,
    };
  };

  // `compare::figure`; null if no pair of values has a ratio.
  const figureOf = (series, judgement, rules) => {
    if (!Number.isFinite(judgement.ratio)) return null;
    const { metric, phase, depth, parts } = series;
    const { threshold } = metricOf(metric, rules);
    return { metric, phase, depth, parts, base: median(series.base) ?? 0, other: median(series.other) ?? 0, threshold, ...judgement };
  };

  // `model::Figure::decides`.
  const decides = (figure, rules) => figure.phase === null && metricOf(figure.metric, rules).decides;

  // `compare::verdict`.
  const verdictOf = (figures, rules) => {
    const verdicts = new Set(figures.filter((figure) => decides(figure, rules)).map((figure) => figure.verdict));
    return ["regressed", "improved", "undecided", "equal"].find((verdict) => verdicts.has(verdict)) ?? null;
  };

  // The order of Rust's texts, by code points.
  const byCodePoint = (a, b) => {
    const [x, y] = [[...a], [...b]];
    for (let at = 0; at < Math.min(x.length, y.length); at++) {
      if (x[at] !== y[at]) return x[at].codePointAt(0) - y[at].codePointAt(0);
    }
    return x.length - y.length;
  };

  // `compare::output`.
  const outputOf = (base, other) => {
    if (base.outputs.size === 0 || other.outputs.size === 0) return "unknown";
    const paths = [...new Set([...base.outputs.keys(), ...other.outputs.keys()])].sort(byCodePoint);
    const different = paths.filter((path) => base.outputs.get(path) !== other.outputs.get(path));
    return different.length === 0 ? "same" : { different };
  };

  // `compare::benchmark`.
  const benchmarkOf = (base, other, figures, unmatched, rules) => {
    const failed = base.failed || other.failed ? { base: base.failed, other: other.failed } : null;
    return {
      id: base.id,
      verdict: failed ? null : verdictOf(figures, rules),
      failed,
      output: outputOf(base, other),
      pairs: Math.min(base.runs, other.runs),
      figures,
      unmatched,
    };
  };

  // `compare::findings`, of one side that is no control.
  const findingsOf = (pairs, rules) => {
    const noise = noiseOfCounts(pairs.flat(), rules);
    const extracted = pairs.map(([base, other]) => ({ base, other, ...seriesOf(base, other, rules) }));
    const families = [[], []];
    const family = (series) => Number(metricOf(series.metric, rules).explains);
    for (const { series } of extracted) for (const one of series) families[family(one)].push(sampleOf(one, noise, rules));
    const judgements = families.map((samples) => judgeFamily(samples, rules).values());
    return extracted.map(({ base, other, series, unmatched }) => {
      const figures = series.map((one) => figureOf(one, judgements[family(one)].next().value, rules));
      return benchmarkOf(base, other, figures.filter((figure) => figure !== null), unmatched, rules);
    });
  };

  // --- compare/total.rs and stats/shift.rs ---

  // `stats::unpaired_shift`; null where there is none.
  const unpairedShift = (a, b, confidence, rules) => {
    const usable = (values) => values.length >= rules.fewestShifted && values.every((value) => Number.isFinite(value) && value > 0);
    if (!usable(a) || !usable(b)) return null;
    const ranks = new RankSum(a.map(Math.log), b.map(Math.log), rules);
    const [low, high] = ranks.limits((1 - confidence) / 2);
    return { ratio: Math.exp(ranks.estimate()), low: Math.exp(low), high: Math.exp(high) };
  };

  // `total::total`; null where no benchmark has a ratio.
  const totalOf = (pairs, metric, rules) => {
    const { confidence, z } = rules.totals;
    const values = (side) => (side.runs > 0 && !side.failed ? (side.whole.get(metric) ?? null) : null);
    let [all, spread, count] = [0, 0, 0];
    for (const [base, other] of pairs) {
      const [a, b] = [values(base), values(other)];
      if (!a || !b) continue;
      const shift = unpairedShift(a, b, confidence, rules);
      const ratio = shift ? shift.ratio : median(b) / median(a);
      if (!(Number.isFinite(ratio) && ratio > 0)) continue;
      all += Math.log(ratio);
      count++;
      const error = shift ? Math.log(shift.high / shift.low) / (2 * z) : NaN;
      spread = spread !== null && Number.isFinite(error) ? spread + error * error : null;
    }
    if (count === 0) return null;
    const centre = all / count;
    const reach = spread === null ? null : (z * Math.sqrt(spread)) / count;
    return {
      metric,
      ratio: Math.exp(centre),
      low: reach === null ? null : Math.exp(centre - reach),
      high: reach === null ? null : Math.exp(centre + reach),
      benchmarks: count,
    };
  };

  // --- compare/reports.rs ---

  // `Environment::is_same_machine`.
  const isSameMachine = (a, b) => a.h === b.h && JSON.stringify(a.u) === JSON.stringify(b.u);

  // A machine as `ReportsError::Machine` tells it.
  const machineOf = ({ h, u }) => `${h ?? "an unnamed host"} (${sum(u.map(([, count]) => count))} × ${(u[0]?.[0] ?? "").trim()})`;

  // `compare::of_reports`: two reports' data files as a comparison, or `{ refused, why }`.
  const ofReports = (base, other, rules, { names = [base.n, other.n], force = false } = {}) => {
    const stale = [base, other].find((data) => data.v !== rules.v);
    if (stale) return { refused: "version", why: `the data of ${stale.n} is of another version of forc-perf` };
    if (!force && !isSameMachine(base, other)) {
      const why = `${names[0]} was measured on ${machineOf(base)} and ${names[1]} on ${machineOf(other)}: their times cannot be compared`;
      return { refused: "machine", why };
    }
    const sides = [unpack(base), unpack(other)];
    const lonely = (side, counterpart, name) =>
      side.order.filter((id) => !counterpart.benchmarks.has(id)).map((id) => ({ name: id, reason: `only ${name} has measured it` }));
    const skipped = [...lonely(sides[0], sides[1], names[0]), ...lonely(sides[1], sides[0], names[1])];
    const ids = [...new Set(sides[0].order)].filter((id) => sides[1].benchmarks.has(id));
    if (ids.length === 0) return { refused: "nothing", why: `${names[0]} and ${names[1]} have no benchmark in common`, skipped };
    const pairs = ids.map((id) => sides.map((side) => side.benchmarks.get(id)));
    return {
      names,
      reports: [base, other],
      sameMachine: isSameMachine(base, other),
      std: base.l !== null && base.l === other.l ? base.l : null,
      complete: base.z && other.z,
      runs: pairs.map(([a, b]) => [a.runs, b.runs]),
      benchmarks: findingsOf(pairs, rules),
      totals: rules.totals.metrics.map((metric) => totalOf(pairs, metric, rules)).filter((total) => total !== null),
      skipped,
    };
  };

  forcPerf.judge = { ofReports, decides, metricOf };
})((globalThis.forcPerf ??= {}));
