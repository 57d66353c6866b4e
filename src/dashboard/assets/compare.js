// The compare page: chooses two reports, has them judged, and shows what came of it. All text from data goes in as text.
//
// The address says all that is chosen: #base=ID&other=ID, with at=BENCHMARK for one that is open, and force=1 for reports of
// different machines.
"use strict";
((forcPerf) => {
  const $ = (id) => document.getElementById(id);
  const { rules, commits } = forcPerf.given ?? {};
  const words = forcPerf.words;

  // An element with a class and children: elements, texts, or nothing.
  const element = (tag, kind, ...children) => {
    const [name, ...classes] = tag.split(".");
    const made = document.createElement(name);
    if (kind || classes.length > 0) made.className = [...classes, kind].filter(Boolean).join(" ");
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
  };

  // A name from outside: its writing direction is its own affair, and its length no trouble.
  const name = (text) => {
    const clean = words.clean(text);
    const made = element("bdi", "", words.shortened(clean));
    if (made.textContent !== clean) made.title = clean.slice(0, 2000);
    return made;
  };

  const say = (text, tone = "muted") => {
    const message = $("message");
    message.hidden = text === "";
    message.className = `message ${tone}`;
    message.textContent = text;
  };

  if (!rules || !commits || commits.id.length === 0) {
    const missing = !rules ? "data/rules.js is missing: the page was not written whole" : !commits ? "data/commits.js is missing: the page was not written whole" : "The history holds no report yet";
    say(`${missing}. There is nothing to compare.`, "banner warning");
    return;
  }
  if (rules.v !== commits.v) {
    say("The data beside this page is of different versions of forc-perf; write all of it again.", "banner warning");
    return;
  }

  // --- which reports there are ---

  const date = (time) => (/^\d{4}-\d\d-\d\d/.exec(time) ?? [""])[0];
  const minute = (time) => time.slice(0, 16).replace("T", " ");
  const second = (time) => time.slice(0, 19).replace("T", " ");
  const several = commits.machines.length > 1;
  const labels = commits.id.map((_, at) => {
    // Of what is no commit, the time is that of the measuring.
    const time = commits.commit[at] === null ? minute(commits.time[at]) : date(commits.time[at]);
    const machine = several ? commits.machines[commits.machine[at]] : "";
    return words.clean([commits.name[at], time, commits.subject[at], machine].filter(Boolean).join(" · "));
  });
  const often = new Map();
  for (const label of labels) often.set(label, (often.get(label) ?? 0) + 1);
  const seen = new Map();
  const reports = commits.id.map((id, at) => {
    // Several reports of one commit are told apart by when they were measured, or else by their names.
    let label = often.get(labels[at]) > 1 ? `${labels[at]} · measured ${second(commits.created[at])}` : labels[at];
    if (seen.has(label)) label = `${label} · ${id}`;
    seen.set(label, at);
    return { at, id, label, search: `${label} ${commits.commit[at] ?? ""} ${id}`.toLowerCase() };
  });
  const byId = new Map(reports.map((report) => [report.id, report]));

  // The reports that a text means, newest first.
  const matching = (text) => {
    const wanted = text.toLowerCase().split(/\s+/).filter((word) => word && word !== "·");
    const found = reports.filter((report) => wanted.every((word) => report.search.includes(word)));
    return found.reverse();
  };

  // The one report that a text means: as it is shown, by its name, or by the begin of its commit.
  const meant = (text) => {
    const trimmed = text.trim();
    const exact = seen.has(trimmed) ? reports[seen.get(trimmed)] : byId.get(trimmed);
    if (exact || trimmed === "") return exact ?? null;
    const commit = [...reports].reverse().find((report) => trimmed.length >= 4 && commits.commit[report.at]?.startsWith(trimmed.toLowerCase()));
    if (commit) return commit;
    const found = matching(trimmed);
    return found.length === 1 ? found[0] : null;
  };

  // --- what is chosen ---

  const state = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    const of = (key) => given.get(key) ?? "";
    return { base: of("base"), other: of("other"), at: of("at"), force: of("force") === "1" };
  };

  const hashOf = ({ base, other, at = "", force = false }) => {
    const params = new URLSearchParams({ base, other });
    if (force) params.set("force", "1");
    if (at) params.set("at", at);
    return `#${params}`;
  };

  const choose = (changed) => {
    const { base, other } = state();
    location.hash = hashOf({ base, other, ...changed });
  };

  // The nearest report of the same machine, before (−1) or after (1).
  const neighbour = (report, step) => {
    for (let at = report.at + step; at >= 0 && at < reports.length; at += step) {
      if (commits.machine[at] === commits.machine[report.at]) return reports[at];
    }
    return null;
  };

  for (const of of ["base", "other"]) {
    const input = $(of);
    const offer = () => {
      const found = seen.has(input.value) ? [...reports].reverse() : matching(input.value);
      $("reports").replaceChildren(...found.slice(0, 60).map((report) => {
        const option = document.createElement("option");
        option.value = report.label;
        return option;
      }));
    };
    const take = () => {
      const report = meant(input.value);
      input.setAttribute("aria-invalid", String(!report));
      if (report) {
        if (report.id !== state()[of]) choose({ [of]: report.id });
        else input.value = report.label;
        return;
      }
      const count = matching(input.value).length;
      $(`${of}-is`).textContent = count === 0 ? "no report matches" : `${words.counted(count, "report")} match: choose one, or write more of it`;
    };
    input.addEventListener("focus", () => {
      input.select();
      offer();
    });
    input.addEventListener("input", () => {
      offer();
      // Chosen from the list.
      if (seen.has(input.value)) take();
    });
    input.addEventListener("change", take);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") take();
    });
  }
  document.querySelectorAll("button[data-step]").forEach((button) => button.addEventListener("click", () => {
    const report = byId.get(state()[button.dataset.of]);
    const next = report && neighbour(report, Number(button.dataset.step));
    if (next) choose({ [button.dataset.of]: next.id });
  }));
  $("swap").addEventListener("click", () => {
    const { base, other, at, force } = state();
    choose({ base: other, other: base, at, force });
  });
  $("force").addEventListener("click", () => choose({ ...state(), force: true }));

  const showPickers = ({ base, other }) => {
    for (const [of, id] of [["base", base], ["other", other]]) {
      const report = byId.get(id);
      $(of).value = report?.label ?? id;
      $(of).setAttribute("aria-invalid", String(id !== "" && !report));
      const told = report && [
        words.counted(commits.benchmarks[report.at], "benchmark"), words.counted(commits.runs[report.at], "run"),
        commits.machines[commits.machine[report.at]], `by ${commits.sources[commits.source[report.at]]}`, date(commits.created[report.at]),
      ].join(" · ");
      $(`${of}-is`).textContent = told ?? (id === "" ? "" : "the list has no report of this name");
      for (const button of document.querySelectorAll(`button[data-of=${of}]`)) {
        button.disabled = !report || !neighbour(report, Number(button.dataset.step));
      }
    }
  };

  // --- sentences and pictures ---

  let current = null;

  const linkTo = (id) => {
    const link = element("a", "", name(id));
    link.href = hashOf({ ...state(), at: id });
    return link;
  };

  // A sentence, its benchmarks linked.
  const phrase = (pieces) => pieces.map(([kind, text]) => {
    if (kind === "strong") return element("strong", "", text);
    if (kind === "command") return element("code", "", text);
    if (kind !== "name") return text;
    return current?.ids.has(text) ? linkTo(text) : name(text);
  });

  const lines = (list, all) =>
    list.replaceChildren(...all.flatMap(({ label, tone, phrase: pieces }) => [
      element("dt", tone === "plain" ? "" : `tone-${tone}`, label),
      element("dd", "", phrase(pieces)),
    ]));

  const verdictOf = ([, sign, style], text) => element("span.verdict", style, `${sign} ${text}`);
  const verdict = (figure) => {
    const said = rules.words.verdicts.find(([word]) => word === figure.verdict);
    return verdictOf(said, said[0]);
  };

  const svg = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, typeof value === "number" ? Math.round(value * 10) / 10 : value);
    return made;
  };

  // How far a picture reaches to either side, as a logarithm: as far as the intervals do, within reason.
  const reachOf = (figures) => {
    const ends = figures.flatMap(({ low, ratio, high }) => [low, ratio, high]).filter((end) => end > 0 && Number.isFinite(end));
    const sizes = ends.map((end) => Math.abs(Math.log(end))).sort((a, b) => a - b);
    return Math.min(Math.max(sizes[Math.floor(sizes.length * 0.9)] ?? 0, 0.02), 2 * Math.LN2);
  };

  // A ratio with its interval: the line is no change, the band what would not matter. The same is in the text beside it.
  const picture = (figure, reach) => {
    const [width, height] = [120, 16];
    const place = (ratio) => {
      const log = ratio > 0 ? Math.log(ratio) / reach : -Infinity;
      return Math.min(Math.max(width / 2 + (log * (width - 8)) / 2, 0), width);
    };
    const style = rules.words.verdicts.find(([word]) => word === figure.verdict)[2];
    const made = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: `picture ${style}`, "aria-hidden": "true" });
    const [from, to] = [place(1 / (1 + figure.threshold)), place(1 + figure.threshold)];
    made.append(svg("rect", { class: "band", x: from, y: 0, width: Math.max(to - from, 0), height }));
    made.append(svg("line", { class: "zero", x1: width / 2, x2: width / 2, y1: 0, y2: height }));
    const [low, high] = [place(figure.low), place(figure.high)];
    const reaching = figure.low > 0 && figure.high < Infinity ? "reach" : "reach endless";
    if (figure.high > figure.low) made.append(svg("line", { class: reaching, x1: low, x2: high, y1: height / 2, y2: height / 2 }));
    const at = place(figure.ratio);
    made.append(at > 0 && at < width
      ? svg("circle", { cx: at, cy: height / 2, r: 3 })
      : svg("path", { d: at === 0 ? "M0 8 6 4 6 12Z" : `M${width} 8 ${width - 6} 4 ${width - 6} 12Z` }));
    return made;
  };

  // --- the table ---

  const hidden = new Set();
  let order = { key: "verdict", ascending: true };

  const rowOf = (row, reach) => {
    const { benchmark, lead } = row;
    const labelled = (label, cell) => {
      cell.dataset.label = label;
      return cell;
    };
    const made = element("tr", "",
      element("td", "", verdictOf(rules.words.classes[row.kind], words.verdictWords(row, rules))),
      element("th", "", linkTo(benchmark.id)),
      labelled("Metric", element("td", "", lead ? forcPerf.judge.metricOf(lead.metric, rules).name : words.MISSING)),
      labelled("Change", element("td.number", "", lead ? words.interval(lead, rules) : words.MISSING)),
      element("td.drawn", "", lead ? picture(lead, reach) : null),
      labelled("Base → other", element("td.number", "", lead ? words.transition(lead, rules) : words.MISSING)),
      labelled("Because", element("td.why", "", phrase(words.reason(current.comparison, row, rules)))),
      labelled("Also", element("td.why", "", also(row))),
    );
    made.cells[1].scope = "row";
    return made;
  };

  const also = (row) => {
    const { output } = row.benchmark;
    const parts = [];
    if (typeof output === "object") parts.push(element("span.different", "", "different output"));
    const others = words.also(row, rules);
    if (others) parts.push(parts.length > 0 ? `, ${others}` : others);
    return parts;
  };

  const SORTED = {
    verdict: ({ place }) => place,
    id: ({ row }) => row.benchmark.id,
    metric: ({ row }) => row.lead && forcPerf.judge.metricOf(row.lead.metric, rules).name,
    change: ({ row }) => row.lead && Math.log(row.lead.ratio),
    base: ({ row }) => row.lead && row.lead.base,
  };

  const arrange = () => {
    const wanted = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, line, section } of current.entries) {
      const id = row.benchmark.id.toLowerCase();
      const is = !hidden.has(row.kind) && wanted.every((word) => id.includes(word));
      line.hidden = section.hidden = !is;
      shown += Number(is);
    }
    $("shown").textContent = shown === current.entries.length ? "" : `${shown} of ${words.counted(current.entries.length, "benchmark")}`;
    const key = SORTED[order.key];
    const sign = order.ascending ? 1 : -1;
    const sorted = [...current.entries].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      return sign * (typeof x === "string" ? x.localeCompare(y) : x - y) || a.place - b.place;
    });
    $("table").tBodies[0].replaceChildren(...sorted.map(({ line }) => line));
    for (const button of document.querySelectorAll("button[data-sort]")) {
      const head = button.closest("th");
      if (button.dataset.sort === order.key) head.setAttribute("aria-sort", order.ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };
  document.querySelectorAll("button[data-sort]").forEach((button) => button.addEventListener("click", () => {
    const key = button.dataset.sort;
    // Figures begin with the largest, names with the first.
    const first = key !== "change" && key !== "base";
    order = { key, ascending: order.key === key ? !order.ascending : first };
    arrange();
  }));
  $("filter").addEventListener("input", () => current && arrange());

  const showVerdicts = (rows) => {
    const kinds = [...new Set(rows.map((row) => row.kind))].sort((a, b) => a - b);
    $("verdicts").hidden = kinds.length < 2;
    $("verdicts").replaceChildren(...kinds.map((kind) => {
      const said = rules.words.classes[kind];
      const count = rows.filter((row) => row.kind === kind).length;
      const button = element("button.toggle", said[2], `${said[1]} ${said[0]} ${count}`);
      button.type = "button";
      const tell = () => button.setAttribute("aria-pressed", String(!hidden.has(kind)));
      tell();
      button.addEventListener("click", () => {
        if (!hidden.delete(kind)) hidden.add(kind);
        tell();
        arrange();
      });
      return button;
    }));
  };

  // --- each benchmark ---

  const FIGURES = [
    ["Of", false], ["Metric", false], ["Change", true], ["", false], ["Base → other", true], ["Verdict", false],
    ["Threshold", true, "the change that would matter"],
    ["Would show", true, "the smallest change that would have been shown four times in five"],
    ["More runs", true, "about how many more runs a side a verdict would take"],
    ["p", true, "probability of such data if nothing had changed"],
    ["Runs", true, "of the side that has fewer"],
  ];
  const probability = (p) => (p < 0.0001 ? "<0.0001" : p.toFixed(4));
  // What is nearly certain does not read as certain.
  const confidence = (share) => (share < 1 && share > 0.9994 ? `${Math.floor(share * 1e5) / 1e3} %` : words.percent(share));
  const orMissing = (value, told) => (value === null ? words.MISSING : told(value));

  const figures = ({ benchmark }) => {
    const reach = reachOf(benchmark.figures);
    const head = element("tr", "", FIGURES.map(([text, number, title]) => {
      const cell = element("th", number ? "number" : "", text);
      cell.scope = "col";
      if (title) cell.title = title;
      return cell;
    }));
    const isSame = (a, b) => a && a.phase === b.phase && a.depth === b.depth;
    const rows = benchmark.figures.map((figure, at, all) => {
      const change = element("td.number", "", words.interval(figure, rules));
      change.title = `at ${confidence(figure.confidence)} confidence`;
      const made = element("tr", "",
        element("td.metric", "", forcPerf.judge.metricOf(figure.metric, rules).name),
        change,
        element("td.drawn", "", picture(figure, reach)),
        element("td.number", "", words.transition(figure, rules)),
        element("td", "", verdict(figure)),
        element("td.number", "", words.percent(figure.threshold)),
        element("td.number", "", orMissing(figure.detectable, words.percent)),
        element("td.number", "", orMissing(figure.more_runs, words.count)),
        element("td.number", "", orMissing(figure.p_value, probability)),
        element("td.number", "", String(figure.pairs)),
      );
      // A phase stands once, beside all of its metrics.
      if (!isSame(all[at - 1], figure)) {
        const of = figure.phase === null ? element("strong", "", "whole run") : name(words.label(figure));
        const head = element("th", figure.phase === null ? "" : `depth-${Math.min(figure.depth, 4)}`, of);
        const end = all.findIndex((one, index) => index > at && !isSame(one, figure));
        head.scope = "rowgroup";
        head.rowSpan = (end < 0 ? all.length : end) - at;
        made.prepend(head);
      }
      return made;
    });
    const bounded = benchmark.figures.filter((figure) => figure.p_value !== null && figure.high < Infinity);
    const lowest = Math.min(...bounded.map((figure) => figure.confidence));
    const note = bounded.length > 0 ? `Intervals at ${confidence(lowest)} confidence or more; exact where every run had the same size.` : "So few runs have no intervals; a size is exact where every run had the same.";
    const scroll = element("div.scroll", "", element("table.figures", "", element("thead", "", head), element("tbody", "", rows)));
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-label", "Figures");
    return [scroll, element("p.muted.note", "", note)];
  };

  const output = (found) => {
    if (found === "unknown") return element("p.muted", "", "What the compilers wrote was not compared.");
    if (found === "same") return element("p", "", "Both compilers wrote the same, byte for byte.");
    const files = found.different.slice(0, 50).map((file) => element("li", "", name(file)));
    const more = found.different.length > 50 ? [element("li", "", `and ${found.different.length - 50} more`)] : [];
    return element("div", "",
      element("p", "", element("strong.different", "", "The compilers wrote different things."), " These files differ, or one side lacks them:"),
      element("ul", "", files, more));
  };

  const failed = ({ failed }) => {
    if (!failed) return [];
    const { names } = current.comparison;
    return [["base", 0], ["other", 1]].filter(([side]) => failed[side]).map(([side, at]) => {
      const { kind, message, phase } = failed[side];
      const inside = phase === null ? null : element("span.muted", "", " in ", name(phase));
      return element("div.failed", "",
        element("p", "", element("span.badge", "", kind), " ", element("span.muted", "", "with ", name(names[at]), at === 0 ? ", the base" : null), inside),
        element("p", "", name(message)));
    });
  };

  const unmatched = ({ unmatched }) => {
    if (unmatched.length === 0) return [];
    const { names } = current.comparison;
    return [
      element("h4", "", "Phases that only one compiler has"),
      element("ul", "", unmatched.map(({ phase, wall, gone }) =>
        element("li", "", name(phase), `, ${words.value(wall, "nanoseconds")}, only with `, name(names[gone ? 0 : 1])))),
    ];
  };

  const sectionOf = (row, index) => {
    const { benchmark, lead } = row;
    const body = element("div.body");
    const [a, b] = current.comparison.runs[row.index];
    const made = element("details.benchmark", "",
      element("summary", "",
        element("h3", "", name(benchmark.id)),
        element("span.facts", "",
          verdictOf(rules.words.classes[row.kind], words.verdictWords(row, rules)),
          lead ? element("span", "", words.change(lead, rules)) : null,
          element("span.muted", "", a === b ? words.counted(a, "run") : `${a} and ${words.counted(b, "run")}`))),
      body);
    made.id = `b${index}`;
    // A page of thousands of figures is made as far as it is looked at.
    const fill = () => {
      if (!made.open || body.hasChildNodes()) return;
      body.append(
        element("p", "", phrase(words.reason(current.comparison, row, rules, true))),
        ...failed(benchmark),
        output(benchmark.output),
        ...(benchmark.figures.length > 0 ? figures(row) : []),
        ...unmatched(benchmark),
      );
    };
    made.addEventListener("toggle", fill);
    made.fill = () => {
      made.open = true;
      fill();
    };
    return made;
  };

  // --- what must be known beside what the command line says ---

  const notes = (comparison) => {
    const [base, other] = comparison.reports;
    const all = [];
    const note = (label, tone, text) => all.push({ label, tone, phrase: [["text", text]] });
    const least = rules.fewestRuns;
    const measured = comparison.runs.filter(([a, b]) => a > 0 && b > 0);
    const few = measured.filter(([a, b]) => Math.min(a, b) < least);
    if (few.length > 0) {
      const which = few.length === measured.length ? "all benchmarks have" : few.length === 1 ? "1 benchmark has" : `${few.length} of ${words.counted(measured.length, "benchmark")} have`;
      note("Few runs", "warning", `${which} fewer than ${least} runs on a side, which cannot show a change of a time or of memory; sizes are compared all the same, exactly`);
    }
    if (!comparison.sameMachine) {
      note("Machines", "bad", `measured on different machines, so that a change may be the machine’s: ${base.m} and ${other.m}`);
    } else if (base.h === null && base.u.length === 0) {
      note("Machine", "warning", "neither report tells on which machine it was measured, so that a change may be the machine’s");
    }
    if (base.o !== other.o) note("Measured by", "warning", `${base.o} and ${other.o}, which may not mean the same by a figure`);
    if (comparison.std === null && base.l !== other.l) {
      note("std differs", "warning", `one side was built with ${base.l ?? "the std that forc found"}, the other with ${other.l ?? "the std that forc found"}`);
    }
    if (base.id === other.id) note("Same report", "bad", "this is one report held against itself");
    return all;
  };

  // --- the page ---

  const show = (comparison) => {
    current = { comparison, ids: new Set(comparison.benchmarks.map(({ id }) => id)) };
    const { rows, lines: answer, facts } = words.headline(comparison, rules);
    lines($("answer"), answer);
    lines($("facts"), [...notes(comparison), ...facts]);
    hidden.clear();
    showVerdicts(rows);
    const reach = reachOf(rows.map((row) => row.lead).filter(Boolean));
    current.entries = rows.map((row, place) => ({ row, place, line: rowOf(row, reach), section: sectionOf(row, place) }));
    $("details").replaceChildren(...current.entries.map(({ section }) => section));
    $("table").classList.toggle("alone", rows.every((row) => also(row).length === 0));
    arrange();
    $("skipped").hidden = comparison.skipped.length === 0;
    $("skipped").querySelector("ul").replaceChildren(...comparison.skipped.map((one) =>
      element("li", "", element("strong", "", name(one.name)), ": ", one.reason)));
    const command = words.compareCommand(comparison);
    $("command").hidden = command === null;
    $("command").textContent = command ?? "";
    $("why-again").hidden = command === null;
    $("again").closest("section").hidden = command === null;
    document.title = `${words.shortened(words.clean(`${comparison.names[1]} against ${comparison.names[0]}`))} – forc-perf`;
    $("result").hidden = false;
  };

  const reveal = (at) => {
    const entry = current?.entries.find(({ row }) => row.benchmark.id === at);
    if (!entry) return;
    entry.section.hidden = false;
    entry.section.fill();
    entry.section.scrollIntoView();
    entry.section.querySelector("summary").focus({ preventScroll: true });
  };

  // Reports of one commit, or of one version, are told apart by when they were measured.
  const namesOf = ([base, other]) => {
    if (base.n !== other.n) return [base.n, other.n];
    const [a, b] = [base, other].map((report) => `${report.n} of ${second(report.d)}`);
    return a === b && base.id !== other.id ? [base.id, other.id] : [a, b];
  };

  let turn = 0;
  let made = "";
  const update = async () => {
    let chosen = state();
    // A link may name a commit instead of a report.
    const found = { base: byId.get(chosen.base) ?? meant(chosen.base), other: byId.get(chosen.other) ?? meant(chosen.other) };
    if (!chosen.base && !chosen.other) {
      // The newest, against the one before it.
      found.other = reports[reports.length - 1];
      found.base = neighbour(found.other, -1) ?? found.other;
    }
    chosen = { ...chosen, base: found.base?.id ?? chosen.base, other: found.other?.id ?? chosen.other };
    if (hashOf(chosen) !== hashOf(state())) {
      location.replace(hashOf(chosen));
      return;
    }
    showPickers(chosen);
    const now = hashOf({ ...chosen, at: "" });
    if (now === made) return reveal(chosen.at);
    const mine = ++turn;
    made = "";
    current = null;
    $("result").hidden = $("force").hidden = true;
    if (!chosen.base || !chosen.other) return say("Choose two reports.");
    say("Reading the reports …");
    let data;
    try {
      data = await Promise.all([forcPerf.load(chosen.base), forcPerf.load(chosen.other)]);
    } catch (error) {
      if (mine === turn) say(`The figures cannot be had: ${error.message}.`, "banner warning");
      return;
    }
    if (mine !== turn) return;
    const comparison = forcPerf.judge.ofReports(...data, rules, { names: namesOf(data), force: chosen.force });
    if (comparison.refused) {
      say(`${comparison.why}.`, "banner warning");
      $("force").hidden = comparison.refused !== "machine";
      return;
    }
    say("");
    show(comparison);
    made = now;
    reveal(chosen.at);
  };

  document.querySelector(".pickers").hidden = false;
  addEventListener("hashchange", update);
  update();
})((globalThis.forcPerf ??= {}));
