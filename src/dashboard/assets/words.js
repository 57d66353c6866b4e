// What a comparison is told by: figures as texts, rows and their order, the lines that say what to do. The same words as the
// command line's; functions name the Rust items that they follow, and tests/dashboard_compare.rs holds both side by side.
//
// A sentence is a list of pieces, [kind, text]: "text" and "strong" are our own words, "name" is from outside and may be any
// text, "command" is a command line.
"use strict";
((forcPerf) => {
  const { decides, metricOf } = forcPerf.judge;

  // --- report/format.rs ---

  const MISSING = "–";
  const TIME_UNITS = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];
  const BYTE_UNITS = [["B", 1], ["KiB", 1024], ["MiB", 1024 ** 2], ["GiB", 1024 ** 3]];

  // `{:.decimals}`, which rounds what lies in the very middle to the even digit.
  const fixed = (value, decimals) => {
    const middle = Number.isInteger(value * 2 ** (decimals + 1)) && Math.abs(value * 10 ** decimals) % 1 === 0.5;
    if (!middle) return value.toFixed(decimals);
    const below = Math.floor(value * 10 ** decimals);
    return ((below % 2 === 0 ? below : below + 1) / 10 ** decimals).toFixed(decimals);
  };

  const exponential = (value) => value.toExponential(2).replace("e+", "e");

  const threeDigits = (value) => {
    const size = Math.abs(value);
    if (size >= 1e9) return exponential(value);
    return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
  };

  const inUnits = (value, units) => {
    if (!Number.isFinite(value)) return MISSING;
    let [name, unit] = units[0];
    for (let at = 1; at < units.length; at++) {
      const [before, own] = [units[at - 1][1], units[at][1]];
      if (Math.abs(value) / before >= own / before - 0.5) [name, unit] = units[at];
    }
    return `${unit === 1 ? fixed(value, 0) : threeDigits(value / unit)} ${name}`;
  };

  const count = (value) => {
    if (!Number.isFinite(value)) return MISSING;
    if (Math.abs(value) >= 1e18) return exponential(value);
    const digits = fixed(Math.abs(value), 0).replace(/\B(?=(\d{3})+$)/g, ",");
    return value <= -0.5 ? `-${digits}` : digits;
  };

  // `format::value`, in one of the model's units.
  const value = (number, unit) => {
    if (unit === "nanoseconds") return inUnits(number, TIME_UNITS);
    return unit === "bytes" ? inUnits(number, BYTE_UNITS) : count(number);
  };

  const percent = (fraction) => {
    const number = fraction * 100;
    const size = Math.abs(number);
    if (!Number.isFinite(size)) return MISSING;
    if (size === 0) return "0 %";
    if (size < 0.05) return "<0.1 %";
    if (size < 99.95) return `${fixed(number, 1)} %`;
    return size >= 1e9 ? `${exponential(number)} %` : `${fixed(number, 0)} %`;
  };

  const wholePercent = (fraction) => {
    const number = fraction * 100;
    if (!Number.isFinite(number)) return MISSING;
    if (number > 0 && number < 0.5) return "<1 %";
    return Math.abs(number) >= 1e9 ? `${exponential(number)} %` : `${fixed(number, 0)} %`;
  };

  const counted = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

  // --- report/comparison/change.rs ---

  const decimalsOf = (ratio, low, high) => {
    const half = Math.abs(high - low) / 2;
    const size = 100 * Math.max(Math.abs(ratio - 1), Number.isFinite(half) ? half : 0);
    if (size >= 0.05 || size === 0 || !Number.isFinite(size)) return 1;
    return size >= 0.005 ? 2 : 3;
  };

  const signedNumber = (ratio, decimals) => {
    const number = 100 * (ratio - 1);
    if (!Number.isFinite(number)) return MISSING;
    const size = Math.abs(number);
    const digits = size >= 1e6 ? exponential(size) : fixed(size, decimals);
    const sign = /^[0.]*$/.test(digits) ? "" : number < 0 ? "−" : "+";
    return sign + digits;
  };

  const withUnit = (number) => (number === MISSING ? number : `${number} %`);

  // `change::signed`.
  const signed = (ratio) => withUnit(signedNumber(ratio, decimalsOf(ratio, ratio, ratio)));

  // `change::interval_of`; `ends` is null where there can be no interval.
  const intervalOf = (ratio, ends, exact, rules) => {
    const [low, high] = ends ?? [NaN, NaN];
    const decimals = decimalsOf(ratio, low, high);
    let text = "";
    if (Number.isFinite(ratio) && ratio >= rules.words.times) {
      text = `×${ratio < 99.95 ? fixed(ratio, 1) : threeDigits(ratio)}, `;
    }
    text += withUnit(signedNumber(ratio, decimals));
    if (exact) return `${text} (exact)`;
    if (Number.isFinite(low) && Number.isFinite(high)) {
      return `${text} [${signedNumber(low, decimals)}, ${signedNumber(high, decimals)}]`;
    }
    return Number.isFinite(ratio) && ends ? `${text} (no interval yet)` : text;
  };

  const isExact = (figure) => figure.p_value === null && figure.confidence >= 1;
  const interval = (figure, rules) => intervalOf(figure.ratio, [figure.low, figure.high], isExact(figure), rules);
  const nameOf = (metric, rules) => metricOf(metric, rules).name;
  const unitOf = (metric, rules) => metricOf(metric, rules).unit;
  const change = (figure, rules) => `${nameOf(figure.metric, rules)} ${interval(figure, rules)}`;
  const transition = (figure, rules) => {
    const unit = unitOf(figure.metric, rules);
    return `${value(figure.base, unit)} → ${value(figure.other, unit)}`;
  };
  const difference = (number, unit) => (number > 0 ? "+" : number < 0 ? "−" : "") + value(Math.abs(number), unit);

  // --- report/comparison/phrase.rs and chart/text.rs ---

  const UNFIT = /[\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF]|(?!\s|\u0085)\p{Cc}/gu;

  // `text::clean`.
  const clean = (text) => text.replace(/[\s\u0085]/gu, " ").replace(UNFIT, "\uFFFD");

  // `text::shortened`.
  const shortened = (text) => {
    const all = [...text];
    return all.length <= 160 ? text : `${all.slice(0, 80).join("")}…${all.slice(-80).join("")}`;
  };

  const text = (words) => (words === "" ? [] : [["text", words]]);
  const strong = (words) => [["strong", words]];
  const name = (words) => [["name", words]];
  const command = (words) => [["command", words]];
  const joined = (phrases, between) =>
    phrases.filter((phrase) => phrase.length > 0).reduce((all, phrase) => (all.length === 0 ? phrase : [...all, ...text(between), ...phrase]), []);
  const plain = (phrase) => phrase.map(([kind, words]) => (kind === "name" ? shortened(clean(words)) : words)).join("");

  // `shell::line`.
  const shell = (words) =>
    words.map((word) => (/^[\w\-./:=@%+,]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");

  // --- report/comparison/carrier.rs ---

  // The last of those for which `of` is largest, as of Rust's `max_by`.
  const last = (all, of) => all.reduce((best, one) => (best === null || of(one) >= of(best) ? one : best), null);

  const figureOf = (benchmark, metric) => benchmark.figures.find((figure) => figure.metric === metric && figure.phase === null);
  const phasesOf = (benchmark, metric) => benchmark.figures.filter((figure) => figure.metric === metric && figure.phase !== null);

  // `carrier::label`.
  const label = (figure) => {
    const phase = figure.phase ?? "whole run";
    return figure.parts.length === 0 ? phase : `${phase} (${figure.parts.join(" + ")})`;
  };

  // `carrier::breakdown`; null where phases do not sum up.
  const breakdown = (benchmark, metric) => {
    const whole = figureOf(benchmark, metric);
    if (!whole || metric === "peak-memory") return null;
    const steps = phasesOf(benchmark, metric)
      .filter((figure) => figure.depth === 0)
      .map((figure) => ({ phase: figure.phase, label: label(figure), difference: figure.other - figure.base }));
    if (metric === "wall") {
      for (const { phase, depth, gone, wall } of benchmark.unmatched) {
        if (depth === 0) steps.push({ phase, label: `${phase} (${gone ? "gone" : "new"})`, difference: gone ? -wall : wall });
      }
    }
    if (steps.length === 0) return null;
    const explained = steps.reduce((all, step) => all + step.difference, 0);
    return { metric, difference: whole.other - whole.base, steps, rest: whole.other - whole.base - explained };
  };

  // `carrier::child`.
  const childOf = (benchmark, metric, parent, rules) => {
    const figures = phasesOf(benchmark, metric);
    const from = figures.findIndex((figure) => figure.depth === 0 && figure.phase === parent.phase);
    const within = [];
    for (let at = from + 1; from >= 0 && at < figures.length && figures[at].depth > 0; at++) within.push(figures[at]);
    const shares = within
      .filter((figure) => figure.depth === 1)
      .map((figure) => ({ label: label(figure), share: (figure.other - figure.base) / parent.difference }))
      .filter(({ share }) => Number.isFinite(share) && share >= rules.words.mostOfIt);
    return last(shares, ({ share }) => share);
  };

  // `carrier::carrier`.
  const carrier = (benchmark, figure, rules) => {
    const rise = figure.other - figure.base;
    if (figure.metric === "peak-memory") {
      const top = phasesOf(benchmark, figure.metric).filter((one) => one.depth === 0);
      if (top.length === 0) return { kind: "untold" };
      const most = last(top.filter((one) => (one.other - one.base) * rise > 0), (one) => Math.abs(one.other - one.base));
      return most ? { kind: "peak", name: label(most), base: most.base, other: most.other } : { kind: "unknown" };
    }
    const byTime = () => {
      const wall = unitOf(figure.metric, rules) === "nanoseconds" ? breakdown(benchmark, "wall") : null;
      return wall && wall.difference * rise > 0 ? wall : null;
    };
    const whole = breakdown(benchmark, figure.metric) ?? byTime();
    if (!whole) return { kind: "untold" };
    const all = whole.difference;
    if (all === 0 || !Number.isFinite(all)) return { kind: "unknown" };
    const largest = last(whole.steps, (step) => step.difference / all);
    if (largest && largest.difference / all > Math.max(whole.rest / all, 0)) {
      const child = childOf(benchmark, whole.metric, largest, rules);
      return { kind: "phase", phase: largest.phase, name: largest.label, difference: largest.difference, share: largest.difference / all, child };
    }
    return whole.rest / all > 0 ? { kind: "outside", difference: whole.rest, share: whole.rest / all } : { kind: "unknown" };
  };

  // `carrier::part`.
  const part = (share) => (share > 1.005 ? "all" : wholePercent(share));

  // `Carrier::sentence`.
  const carrierSentence = (found, metric, rules) => {
    const unit = unitOf(metric, rules);
    switch (found.kind) {
      case "phase": {
        const back = found.share > 1.005 ? ", others give some back" : "";
        const sentence = [...name(found.name), ...text(" carries "), ...strong(part(found.share)), ...text(` of it (${difference(found.difference, unit)}${back})`)];
        if (!found.child) return sentence;
        return [...sentence, ...text(", most of that in "), ...name(found.child.label), ...text(` (${wholePercent(Math.min(found.child.share, 1))})`)];
      }
      case "outside":
        return [...text("no phase: "), ...strong(part(found.share)), ...text(` of it (${difference(found.difference, unit)}) lies outside the phases that the compilers tell of`)];
      case "peak":
        return [...name(found.name), ...text(` moved most: its own peak went from ${value(found.base, unit)} to ${value(found.other, unit)}`)];
      case "untold":
        return unit === "bytes" && metric !== "peak-memory"
          ? text(`none: ${nameOf(metric, rules)} is a figure of the whole run alone`)
          : text(`unknown: ${nameOf(metric, rules)} was not told by phase`);
      default:
        return text("unknown: no phase moved the way that the whole did");
    }
  };

  // `Carrier::short`.
  const carrierShort = (found) => {
    if (found.kind === "phase") return [...name(found.phase), ...text(` ${part(found.share)}`)];
    if (found.kind === "outside") return text(`outside phases ${part(found.share)}`);
    return found.kind === "peak" ? [...text("peak in "), ...name(found.name)] : [];
  };

  // --- report/comparison/row.rs ---

  const [FAILED, REGRESSED, DIFFERENT, IMPROVED, UNMEASURED, UNDECIDED, EQUAL] = [0, 1, 2, 3, 4, 5, 6];

  const isDifferent = (benchmark) => typeof benchmark.output === "object";
  const size = (figure) => {
    const log = Math.abs(Math.log(figure.ratio));
    return Number.isNaN(log) ? 0 : log;
  };
  const isChange = (figure) => figure.verdict === "regressed" || figure.verdict === "improved";

  // `BenchmarkFindings::undecided` and `is_open`.
  const undecidedOf = (benchmark, rules) => benchmark.figures.filter((figure) => decides(figure, rules) && figure.verdict === "undecided");
  const isOpen = (benchmark, rules) =>
    benchmark.failed === null && benchmark.verdict !== "regressed" && (benchmark.verdict === null || undecidedOf(benchmark, rules).length > 0);

  // `row::class`.
  const classOf = (benchmark) => {
    if (benchmark.failed) return FAILED;
    if (benchmark.verdict === "regressed") return REGRESSED;
    if (isDifferent(benchmark)) return DIFFERENT;
    return { improved: IMPROVED, undecided: UNDECIDED, equal: EQUAL }[benchmark.verdict] ?? UNMEASURED;
  };

  // `row::lead`; null where there is none.
  const leadOf = (benchmark, rules) => {
    if (benchmark.verdict === null) return null;
    const deciding = benchmark.figures.filter((figure) => decides(figure, rules) && figure.verdict === benchmark.verdict);
    const wall = deciding.find((figure) => figure.metric === "wall") ?? null;
    if (benchmark.verdict === "equal" || benchmark.verdict === "undecided") return wall ?? deciding[0] ?? null;
    const most = last(deciding, size);
    return wall && (!most || size(most) <= rules.words.clearlyMore * size(wall)) ? wall : most;
  };

  // `Row::open`; null where nothing is.
  const openOf = (row, rules) => {
    if (!isOpen(row.benchmark, rules)) return null;
    const open = undecidedOf(row.benchmark, rules);
    return open.find((figure) => figure.metric === "wall") ?? open[0] ?? null;
  };

  // `Row::verdict`: the class in words, with what is undecided beside it.
  const verdictWords = (row, rules) => {
    const [word] = rules.words.classes[row.kind];
    const open = openOf(row, rules);
    const count = undecidedOf(row.benchmark, rules).length;
    if (!open || ![REGRESSED, DIFFERENT, IMPROVED].includes(row.kind)) return word;
    return count === 1 ? `${word} (${nameOf(open.metric, rules)} undecided)` : `${word} (${count} undecided)`;
  };

  // `row::rows`: worst first.
  const rowsOf = (comparison, rules) => {
    const rows = comparison.benchmarks.map((benchmark, index) => ({ index, benchmark, kind: classOf(benchmark), lead: leadOf(benchmark, rules) }));
    const weight = ({ kind, lead }) => {
      if (!lead) return 0;
      const number = kind === UNDECIDED ? lead.high : kind === EQUAL ? lead.ratio : size(lead);
      return Number.isNaN(number) ? 0 : number;
    };
    const failedOn = ({ benchmark: { failed } }) => (!failed || !failed.base ? 0 : failed.other ? 1 : 2);
    const by = (a, b) => (a < b ? -1 : Number(a > b));
    return rows.sort((a, b) =>
      by(a.kind, b.kind) || by(failedOn(a), failedOn(b)) || by(weight(b), weight(a)) || by(a.benchmark.id, b.benchmark.id));
  };

  // `row::undecided`.
  const undecided = (figure) => {
    const shows = figure.detectable === null ? [] : text(`would have shown ${percent(figure.detectable)}`);
    const runs = figure.more_runs;
    const more = runs === null ? [] : text(`about ${count(runs)} more ${runs === 1 ? "block decides" : "blocks decide"}`);
    const both = joined([shows, more], "; ");
    return both.length === 0 ? text("too few values to tell") : both;
  };

  // `row::also`.
  const also = (row, rules) => {
    const others = row.benchmark.figures
      .filter((figure) => decides(figure, rules) && isChange(figure) && row.lead?.metric !== figure.metric)
      .sort((a, b) => Number(a.verdict === "improved") - Number(b.verdict === "improved") || size(b) - size(a));
    const most = rules.words.mostOthers;
    const shown = others.slice(0, most).map((figure) => `${nameOf(figure.metric, rules)} ${signed(figure.ratio)}`).join(", ");
    return others.length > most ? `${shown}, and ${others.length - most} more` : shown;
  };

  // `row::reason`; in full, `row::explanation`.
  const reason = (comparison, row, rules, inFull = false) => {
    const { benchmark, lead, kind } = row;
    if (benchmark.failed) {
      const on = (failure, side) => (failure ? [...text(`${failure.kind} with `), ...name(comparison.names[side])] : []);
      return joined([on(benchmark.failed.base, 0), on(benchmark.failed.other, 1)], ", ");
    }
    if (inFull && lead && isChange(lead)) return carrierSentence(carrier(benchmark, lead, rules), lead.metric, rules);
    if (kind === DIFFERENT) {
      const [first, ...rest] = benchmark.output.different;
      return [...name(first), ...text(rest.length > 0 ? ` and ${rest.length} more differ` : " differs")];
    }
    if (!lead) return text("no run on both sides");
    if (isChange(lead)) return carrierShort(carrier(benchmark, lead, rules));
    return lead.verdict === "undecided" ? undecided(lead) : text(`within ±${percent(lead.threshold)}`);
  };

  // --- report/comparison/headline.rs ---

  // `Counts::of`.
  const countsOf = (comparison, rules) => {
    const { benchmarks } = comparison;
    const of = (is) => benchmarks.filter(is).length;
    const verdict = (wanted) => of((one) => !one.failed && one.verdict === wanted);
    return {
      benchmarks: benchmarks.length,
      failed: of((one) => one.failed),
      regressed: verdict("regressed"),
      improved: verdict("improved"),
      improvedInPart: of((one) => one.verdict === "improved" && isOpen(one, rules)),
      equal: verdict("equal"),
      undecided: verdict("undecided"),
      unmeasured: verdict(null),
      different: of(isDifferent),
    };
  };

  // `Counts::sentence`.
  const countsSentence = (counts) => {
    const of = (number, word, always) => (number > 0 ? strong(`${number} ${word}`) : always ? text(`${number} ${word}`) : []);
    const inPart = counts.improvedInPart;
    const improved =
      inPart === 0 ? "improved" : inPart === counts.improved ? "improved, with undecided figures" : `improved, ${inPart} of them with undecided figures`;
    return joined([
      of(counts.failed, "failed to build", false),
      of(counts.regressed, "regressed", true),
      of(counts.improved, improved, true),
      of(counts.equal, "equal", true),
      of(counts.undecided, "undecided", false),
      of(counts.unmeasured, "not measured", false),
    ], ", ");
  };

  // `Counts::tone`.
  const countsTone = (counts) => {
    if (counts.failed + counts.regressed > 0) return "bad";
    if (counts.undecided + counts.unmeasured + counts.different + counts.improvedInPart > 0) return "warning";
    return counts.improved > 0 ? "good" : "plain";
  };

  const best = (rows) =>
    last(rows.filter((row) => row.kind !== FAILED && row.benchmark.verdict === "improved"), (row) => (row.lead ? size(row.lead) : 0));

  const verdictLine = (comparison, rules) => {
    const counts = countsOf(comparison, rules);
    const total = comparison.totals.find((one) => one.metric === "wall") ?? comparison.totals[0];
    let together = "";
    if (total && total.benchmarks > 1 && Number.isFinite(total.ratio)) {
      const ends = total.low === null || total.high === null ? null : [total.low, total.high];
      const looks = total.low === null ? "" : " (95 % at one look)";
      together = `; ${nameOf(total.metric, rules)} of all ${total.benchmarks} together ${intervalOf(total.ratio, ends, false, rules)}${looks}`;
    }
    const phrase = [
      ...name(comparison.names[1]), ...text(" against "), ...name(comparison.names[0]),
      ...text(` on ${counted(counts.benchmarks, "benchmark")}: `), ...countsSentence(counts), ...text(together),
      ...(comparison.complete ? [] : [...text("; "), ...strong("interrupted")]),
    ];
    return { label: "Verdict", tone: countsTone(counts), phrase };
  };

  const worstLine = (comparison, rows, rules) => {
    const told = ({ benchmark, lead }) =>
      lead ? [...name(benchmark.id), ...text(": "), ...strong(change(lead, rules)), ...text(`, ${transition(lead, rules)}`)] : name(benchmark.id);
    const output = ({ benchmark }) => (benchmark.output === "unknown" ? [] : text(`; ${isDifferent(benchmark) ? "different" : "same"} output`));
    const line = (tone, phrase) => ({ label: "Worst", tone, phrase });
    const regressed = rows.find((row) => row.kind === REGRESSED);
    if (regressed) return line("bad", [...told(regressed), ...output(regressed)]);
    const improved = best(rows);
    if (improved) {
      const certain = !rows.some((row) => isOpen(row.benchmark, rules));
      const open = openOf(improved, rules);
      return line(certain ? "good" : "warning", [
        ...text(certain ? "nothing regressed" : "nothing regressed for certain"), ...text("; best is "), ...told(improved),
        ...text(open ? `, but ${change(open, rules)} is undecided` : ""), ...output(improved),
      ]);
    }
    const row = rows.find((row) => row.benchmark.verdict === "undecided");
    if (row) {
      const beside = row.lead ? [...text("; "), ...undecided(row.lead)] : [];
      return line("warning", [...text("nothing regressed for certain; undecided is "), ...told(row), ...beside]);
    }
    if (rows.some((row) => row.benchmark.verdict === "equal")) {
      const figures = comparison.benchmarks.flatMap((benchmark) => benchmark.figures).filter((figure) => decides(figure, rules));
      const metrics = rules.metrics.filter((metric) => figures.some((figure) => figure.metric === metric.id));
      const matter = metrics.map((metric) => `${metric.name} ${percent(metric.threshold)}`).join(", ");
      return line("plain", text(`none: nothing that was measured changed by what would matter${matter && ` (${matter})`}`));
    }
    return line("warning", text("cannot be told: no figure has a verdict"));
  };

  const phaseLine = (rows, rules) => {
    const row = rows.find((row) => row.kind === REGRESSED) ?? best(rows);
    const phrase = row?.lead ? carrierSentence(carrier(row.benchmark, row.lead, rules), row.lead.metric, rules) : text("none, as no change was shown");
    return { label: "Phase", tone: "plain", phrase };
  };

  const failures = (comparison, rows) => {
    const failed = (base, other) => rows.filter(({ benchmark }) => benchmark.failed && Boolean(benchmark.failed.base) === base && Boolean(benchmark.failed.other) === other);
    const told = (rows, how, after) => {
      if (rows.length === 0) return [];
      const first = name(rows[0].benchmark.id);
      if (rows.length === 1) return [...first, ...text(" "), ...strong(how), ...after];
      return [...strong(`${counted(rows.length, "benchmark")} ${how}`), ...text(", the first "), ...first, ...after];
    };
    const withOther = [...text(" with "), ...name(comparison.names[1])];
    return [
      told(failed(false, true), "failed to build", withOther),
      told(failed(true, true), "failed to build on both sides", []),
      told(failed(true, false), "failed to build on the base alone", []),
    ].filter((phrase) => phrase.length > 0);
  };

  const alsoLine = (comparison, rows, measured, rules) => {
    const parts = failures(comparison, rows);
    let tone = parts.length > 0 ? "bad" : "plain";
    const different = rows.filter((row) => isDifferent(row.benchmark));
    if (different.length > 0) {
      const which = different.length === 1 ? " (" : " (first ";
      parts.push([...strong(`different output of ${counted(different.length, "benchmark")}`), ...text(which), ...name(different[0].benchmark.id), ...text(")")]);
    }
    if (tone === "plain" && parts.length > 0) tone = "warning";
    if (!measured) {
      if (comparison.skipped.length > 0) parts.push(text(`${counted(comparison.skipped.length, "benchmark")} left out`));
      if (parts.length === 0) parts.push(text("no benchmark was selected, or none was reached"));
      return { label: "Also", tone, phrase: joined(parts, "; ") };
    }
    const improved = rows.some((row) => row.kind === REGRESSED) ? best(rows) : null;
    if (improved) parts.push([...text("best "), ...name(improved.benchmark.id), ...text(improved.lead ? ` ${change(improved.lead, rules)}` : "")]);
    if (parts.length === 0) {
      const same = rows.every((row) => row.benchmark.output === "same");
      parts.push(text(same ? "every build succeeded, and all outputs are the same" : "every build succeeded"));
    }
    return { label: "Also", tone, phrase: joined(parts, "; ") };
  };

  // What of `headline::events` is in no deciding figure.
  const eventsFact = (comparison, rules) => {
    const all = comparison.benchmarks
      .flatMap((benchmark) => benchmark.figures.map((figure) => ({ id: benchmark.id, figure })))
      .filter(({ figure }) => figure.phase === null && metricOf(figure.metric, rules).explains);
    if (all.length === 0) return [];
    const changed = all.filter(({ figure }) => isChange(figure)).sort((a, b) => size(b.figure) - size(a.figure));
    const begin = text(`${changed.length} of ${counted(all.length, "figure")} of faults, switches and migrations changed, which decide nothing`);
    const told = changed.slice(0, 3).flatMap(({ id, figure }, at) => [...text(at === 0 ? ": " : "; "), ...name(id), ...text(` ${change(figure, rules)}`)]);
    return [{ label: "Events", tone: "plain", phrase: [...begin, ...told] }];
  };

  const factsOf = (comparison, measured, rules) => {
    const { reports: [base, other], names, std } = comparison;
    const facts = [];
    if (!comparison.complete) {
      facts.push({ label: "Interrupted", tone: "bad", phrase: text("the measurement was ended early; this is what had been measured until then") });
    }
    if (measured) facts.push({ label: "Not interleaved", tone: "warning", phrase: text(rules.words.notInterleaved) });
    if (base.f !== "" && base.f === other.f) {
      const phrase = [...name(names[1]), ...text(" is the very binary that "), ...name(names[0]), ...text(" is: no change is the compiler’s")];
      facts.push({ label: "Same binary", tone: "warning", phrase });
    }
    if (measured) facts.push(...eventsFact(comparison, rules));
    const phrase = std === null ? text(rules.words.stdOwn) : [...text("the same for all: the compilers alone are compared, with "), ...name(std)];
    facts.push({ label: "std", tone: "plain", phrase });
    return facts;
  };

  // How both sides are measured in turns, from the command line; null where a compiler has no name there.
  const compareCommand = ({ reports: [base, other] }, ids = [], options = []) => {
    if (base.k === null || other.k === null) return null;
    const isRevision = (compiler) => /^[0-9a-f]{40}$/.test(compiler);
    const revision = isRevision(base.k) || isRevision(other.k);
    // So many digits are enough for any repository, and can be read.
    const short = (compiler) => (isRevision(compiler) ? compiler.slice(0, 12) : compiler);
    const sway = revision ? ["--sway", base.g ?? other.g ?? "../sway"] : [];
    // An id may hold what a pattern takes for its own.
    const literal = (id) => id.replace(/[*?[\]]/g, "[$&]");
    return shell(["forc-perf", "compare", short(base.k), short(other.k), ...sway, ...ids.flatMap((id) => ["--select", literal(id)]), ...options]);
  };

  const nextLine = (comparison, rows, measured, rules) => {
    const line = (what, ids) => {
      const words = compareCommand(comparison, ids);
      const phrase = words === null
        ? text("measure both in turns with forc-perf compare; a compiler here was given by a path, so that its name is not known")
        : [...text(what), ...command(words)];
      return { label: "Next", tone: "plain", phrase };
    };
    if (!measured) return line("measure both in turns: ", []);
    const row = rows.find((row) => row.kind === REGRESSED) ?? rows.find((row) => row.kind === DIFFERENT);
    if (row) return line("measure it side by side: ", [row.benchmark.id]);
    const open = rows.filter((row) => openOf(row, rules)).map((row) => row.benchmark.id);
    if (open.length > 0) return line("measure in turns what is undecided: ", open.length <= 6 ? open : []);
    return line("measure both in turns to be sure: ", []);
  };

  // `headline::headline`: the lines that say what to do, and what must be known to believe them.
  const headline = (comparison, rules) => {
    const rows = rowsOf(comparison, rules);
    const measured = comparison.benchmarks.some((benchmark) => benchmark.figures.length > 0);
    const [base, other] = comparison.names;
    const plainLine = (label, words) => ({ label, tone: "plain", phrase: text(words) });
    const nothing = [
      ...strong("Nothing was measured"), ...text(" of "), ...name(base), ...text(" and "), ...name(other),
      ...(comparison.complete ? [] : [...text("; it was "), ...strong("interrupted")]),
    ];
    const lines = measured
      ? [verdictLine(comparison, rules), worstLine(comparison, rows, rules), phaseLine(rows, rules)]
      : [
        { label: "Verdict", tone: "bad", phrase: nothing },
        plainLine("Worst", "nothing can be said of any change, and above all not that there was none"),
        plainLine("Phase", "nothing can be said of any phase"),
      ];
    lines.push(alsoLine(comparison, rows, measured, rules), nextLine(comparison, rows, measured, rules));
    return { measured, rows, lines, facts: factsOf(comparison, measured, rules) };
  };

  forcPerf.words = {
    MISSING, also, change, clean, compareCommand, counted, count, headline, interval, isChange, label, plain, percent,
    reason, shortened, signed, size, transition, undecided, value, verdictWords,
  };
})((globalThis.forcPerf ??= {}));
