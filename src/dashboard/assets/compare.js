// The compare page: the stored medians of two reports side by side. It judges nothing; for that it shows the command, and
// where there is one the page. All texts of the data go in as text.
//
// The address says what is chosen: #base=ID&other=ID, where a commit will do for an ID.
"use strict";
((forcPerf) => {
  const $ = (id) => document.getElementById(id);
  const commits = forcPerf.list;
  const MISSING = "–";

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const say = (text, className = "muted") => {
    Object.assign($("message"), { hidden: text === "", textContent: text, className: `message ${className}` });
  };

  if (!commits || commits.id.length === 0) {
    say(commits ? "The history holds no report yet." : "data/commits.js is missing: the page was not written whole.", "banner warning");
    return;
  }

  // Which reports there are, in the order of the commits.
  const times = commits.time.map((time, at) => (commits.commit[at] === null ? time.slice(0, 16).replace("T", " ") : time.slice(0, 10)));
  const machineOf = (at) => commits.machines[commits.machine[at]];
  const labels = commits.id.map((_, at) =>
    [commits.name[at], times[at], commits.subject[at], commits.machines.length > 1 ? machineOf(at) : ""].filter(Boolean).join(" · "));
  const often = new Map();
  for (const label of labels) often.set(label, (often.get(label) ?? 0) + 1);
  const reports = commits.id.map((id, at) => {
    // Several reports of one commit are told apart by when they were measured.
    const measured = commits.created[at].slice(0, 19).replace("T", " ");
    const label = often.get(labels[at]) > 1 ? `${labels[at]} · measured ${measured} · ${id}` : labels[at];
    return { at, id, label, search: `${label} ${commits.commit[at] ?? ""} ${id}`.toLowerCase() };
  });
  const byLabel = new Map(reports.map((report) => [report.label, report]));
  const byId = new Map(reports.map((report) => [report.id, report]));
  const pages = new Set(commits.verdicts.map(([base, other]) => `${base} ${other}`));

  // The reports that a text means, the newest first; and the one that it means: as it is shown, by its name or its commit.
  const matching = (text) => {
    const wanted = text.toLowerCase().split(/\s+/).filter((word) => word && word !== "·");
    return reports.filter((report) => wanted.every((word) => report.search.includes(word))).reverse();
  };
  const meant = (text) => {
    const wanted = text.trim();
    const isCommit = (report) => wanted.length >= 4 && commits.commit[report.at]?.startsWith(wanted.toLowerCase());
    const found = byLabel.get(wanted) ?? byId.get(wanted) ?? reports.findLast(isCommit);
    const all = found || wanted === "" ? [] : matching(wanted);
    return found ?? (all.length === 1 ? all[0] : null);
  };
  // The nearest report of the same machine, before (−1) or after (1).
  const neighbour = (report, step) => {
    let at = report.at + step;
    while (reports[at] && commits.machine[at] !== commits.machine[report.at]) at += step;
    return reports[at] ?? null;
  };

  // What is chosen.
  const state = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    return { base: given.get("base") ?? "", other: given.get("other") ?? "" };
  };
  const hashOf = ({ base, other }) => `#${new URLSearchParams({ base, other })}`;
  const choose = (changed) => (location.hash = hashOf({ ...state(), ...changed }));

  for (const of of ["base", "other"]) {
    const input = $(of);
    const offer = () => {
      const found = byLabel.has(input.value) ? [...reports].reverse() : matching(input.value);
      $("reports").replaceChildren(...found.slice(0, 60).map((report) => element("option", { value: report.label })));
    };
    const take = () => {
      const report = meant(input.value);
      input.setAttribute("aria-invalid", String(!report));
      const count = matching(input.value).length;
      if (!report) $(`${of}-is`).textContent = count === 0 ? "no report matches" : `${counted(count, "report")} match: choose one, or write more of it`;
      else if (report.id !== state()[of]) choose({ [of]: report.id });
      else input.value = report.label;
    };
    input.addEventListener("focus", () => {
      input.select();
      offer();
    });
    input.addEventListener("input", () => {
      offer();
      // Chosen from the list.
      if (byLabel.has(input.value)) take();
    });
    input.addEventListener("change", take);
  }
  document.querySelectorAll("button[data-step]").forEach((button) => button.addEventListener("click", () => {
    const report = byId.get(state()[button.dataset.of]);
    const next = report && neighbour(report, Number(button.dataset.step));
    if (next) choose({ [button.dataset.of]: next.id });
  }));
  $("swap").addEventListener("click", () => choose({ base: state().other, other: state().base }));

  const showPickers = (chosen) => {
    for (const of of ["base", "other"]) {
      const report = byId.get(chosen[of]);
      $(of).value = report?.label ?? chosen[of];
      $(of).setAttribute("aria-invalid", String(chosen[of] !== "" && !report));
      $(`${of}-is`).textContent = report ? [
        counted(commits.benchmarks[report.at], "benchmark"), counted(commits.runs[report.at], "run"), machineOf(report.at),
        `by ${commits.sources[commits.source[report.at]]}`, `measured ${commits.created[report.at].slice(0, 10)}`,
      ].join(" · ") : chosen[of] && "the list has no report of this name";
      for (const button of document.querySelectorAll(`button[data-of=${of}]`)) {
        button.disabled = !report || !neighbour(report, Number(button.dataset.step));
      }
    }
  };

  // The table: a row for each figure that either report has.
  let rows = [];
  const named = (name) => [].concat(name, name); // What it is, and how it is shown.
  const figuresOf = (report) => report.b.flatMap(([benchmark, figures]) =>
    figures.map(([metric, phase, median, text, interval, runs]) => {
      const [of, shownOf] = named(benchmark);
      const [part, shownPart] = phase < 0 ? ["", ""] : named(report.p[phase]);
      const key = JSON.stringify([of, report.m[metric], phase < 0, part]);
      return [key, { benchmark: shownOf, phase: shownPart, metric: report.m[metric], median, text, interval, runs }];
    }));
  const rowOf = (base, other) => {
    const { benchmark, phase, metric } = base ?? other;
    const ratio = base?.median > 0 && other ? other.median / base.median : null;
    const cell = (label, figure) => {
      const td = element("td", { className: "number" }, figure?.text ?? MISSING);
      Object.assign(td.dataset, { label, value: figure?.median ?? "" });
      if (figure) td.append(element("span", { className: "ends" }, [figure.interval, counted(figure.runs, "run")].filter(Boolean).join(", ")));
      return td;
    };
    const quotient = element("td", { className: "number" }, ratio === null ? MISSING : ratio.toFixed(3));
    Object.assign(quotient.dataset, { label: "Ratio", value: ratio ?? "" });
    const line = element("tr", {},
      element("th", { scope: "row" }, element("bdi", {}, benchmark)),
      element("td", {}, phase === "" ? "whole run" : element("bdi", {}, phase)),
      element("td", {}, metric), cell("Base", base), cell("Other", other), quotient);
    return { line, metric, phase, search: `${benchmark} ${phase}`.toLowerCase() };
  };

  const arrange = () => {
    const wanted = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [metric, of] = [$("metric").value, $("of").value];
    let shown = 0;
    for (const row of rows) {
      const isOf = of === "" || (of === "runs") === (row.phase === "");
      row.line.hidden = !(isOf && (metric === "" || row.metric === metric) && wanted.every((word) => row.search.includes(word)));
      shown += Number(!row.line.hidden);
    }
    $("shown").textContent = `${shown.toLocaleString("en")} of ${counted(rows.length, "figure")}`;
  };
  for (const id of ["filter", "metric", "of"]) $(id).addEventListener("input", arrange);

  const show = (base, other) => {
    const [bases, others] = [base, other].map((report) => new Map(figuresOf(report)));
    const keys = [...bases.keys(), ...[...others.keys()].filter((key) => !bases.has(key))];
    rows = keys.map((key) => rowOf(bases.get(key), others.get(key)));
    $("table").tBodies[0].replaceChildren(...rows.map(({ line }) => line));
    $("table").querySelectorAll("[aria-sort]").forEach((head) => head.removeAttribute("aria-sort"));
    const metrics = [...new Set(rows.map((row) => row.metric))];
    const chosen = $("metric").options.length > 0 ? $("metric").value : metrics[0];
    $("metric").replaceChildren(element("option", { value: "", textContent: "all metrics" }), ...metrics.map((value) => element("option", { value, textContent: value })));
    $("metric").value = metrics.includes(chosen) ? chosen : "";
    // What others have recorded may have times of phases alone.
    if (!rows.some((row) => row.phase === "")) $("of").value = "";
    arrange();
    const sides = [base, other].map(({ id }) => byId.get(id).at);
    const sameMachine = commits.machine[sides[0]] === commits.machine[sides[1]];
    $("machines").hidden = sameMachine;
    $("command").textContent = `forc-perf history diff ${base.id} ${other.id}${sameMachine ? "" : " --force"}`;
    $("verdict").hidden = !pages.has(sides.join(" "));
    $("verdict").querySelector("a").href = `verdicts/${base.id}_${other.id}.html`;
    document.title = `${commits.name[sides[1]]} beside ${commits.name[sides[0]]} – ${document.querySelector("nav .home").textContent}`;
    $("result").hidden = false;
  };

  let turn = 0;
  const update = async () => {
    const given = state();
    // A link may name a commit instead of a report; by itself, it is the newest beside the one before it.
    const newest = reports[reports.length - 1];
    const by = (text, or) => byId.get(text) ?? meant(text) ?? (given.base || given.other ? null : or);
    const other = by(given.other, newest);
    const base = by(given.base, neighbour(newest, -1) ?? newest);
    const chosen = { base: base?.id ?? given.base, other: other?.id ?? given.other };
    if (hashOf(chosen) !== hashOf(given)) return location.replace(hashOf(chosen));
    const mine = ++turn;
    showPickers(chosen);
    $("result").hidden = true;
    if (!base || !other) return say("Choose two reports.");
    say("Reading the reports …");
    try {
      const both = await Promise.all([forcPerf.load(base.id), forcPerf.load(other.id)]);
      if (mine !== turn) return;
      say("");
      show(...both);
    } catch (error) {
      if (mine === turn) say(`The figures cannot be had: ${error.message}.`, "banner warning");
    }
  };

  document.querySelector(".pickers").hidden = false;
  addEventListener("hashchange", update);
  update();
})((globalThis.forcPerf ??= {}));
