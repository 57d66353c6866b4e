// Hover, keyboard, picking and zoom of the trends. The charts are drawn already and whole without this; a zoomed view is
// laid out here from the figures' own data, so that it shows every point. Texts of the data are only ever set as text.
"use strict";
(() => {
  // The picture's neutrals, which the style sheet turns dark by their values. One CSS pixel is two units of a picture.
  const [SURFACE, INK, MUTED, LINE] = ["#FEFEFE", "#1F2328", "#59636E", "#D0D7DE"];
  const FONT = 22;
  const FEW = 150; // Fewer visible points than this get a marker each.
  const UNITS = { __proto__: null, // For the data names its keys; the same below.
    ns: [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]],
    B: [["B", 1], ["KiB", 1024], ["MiB", 2 ** 20], ["GiB", 2 ** 30]],
    "": [["", 1], ["thousands", 1e3], ["millions", 1e6], ["billions", 1e9]],
  };
  const SHAPES = { __proto__: null, // Paths around a point, which are filled and stroked.
    disc: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    square: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
    cross: (x, y, r) => `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}`,
    diamond: (x, y, r) => `M${x - r} ${y}l${r} ${-r}l${r} ${r}l${-r} ${r}z`,
    up: (x, y, r) => `M${x - r} ${y + r}h${2 * r}l${-r} ${-2 * r}z`,
    down: (x, y, r) => `M${x - r} ${y - r}h${2 * r}l${-r} ${2 * r}z`,
  };
  const STEPS = { __proto__: null, worse: "up", better: "down", expected: "diamond", unconfirmed: "disc" };
  const parse = (element) => { try { return JSON.parse(element.textContent); } catch { return null; } };
  const svgElement = (name, attributes = {}, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const stroke = (d, colour, width, more = {}) => svgElement("path", { d, stroke: colour, "stroke-width": width, fill: "none", ...more });
  const label = (x, y, text, more = {}) => svgElement("text", { x, y, dy: ".35em", "font-size": FONT, fill: MUTED, ...more }, text);
  const html = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const button = (textContent, onclick) => html("button", { type: "button", textContent, onclick });
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const widthOf = (text) => 0.6 * FONT * text.length;
  const unitFor = (value, unit) => UNITS[unit].findLast(([, size]) => Math.abs(value) >= 0.9995 * size) ?? UNITS[unit][0];
  const threeDigits = (value) => value.toFixed(Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2);
  const format = (value, unit) => {
    const [name, size] = unitFor(value, unit);
    if (!unit) return Math.round(value).toLocaleString("en");
    return `${size === 1 ? Math.round(value) : threeDigits(value / size)} ${name}`;
  };

  const commits = parse(document.getElementById("commits") ?? html("i"));
  const count = commits?.sha?.length;
  if (!count || ["sha", "subject", "date", "version", "link"].some((name) => commits[name]?.length !== count)) return;

  // What all charts of the page share: the visible positions, and those picked for a comparison.
  let view = { from: 0, to: count - 1 };
  let picked = [];
  const charts = [];
  const inView = (p) => p >= view.from && p <= view.to;

  // The rules of `chart::trend::range` in Rust, for the visible points.
  const rangeOf = (points, unit) => {
    const sorted = (key) => points.map((point) => point[key]).sort((a, b) => a - b);
    const medians = sorted("median");
    const last = medians.length - 1;
    const spare = last < 7 ? 0 : Math.ceil(medians.length / 100);
    const [first, end] = [medians[spare], medians[last - spare]];
    const reach = Math.max(1.5 * (end - first), 0.5 * Math.abs(end));
    const usable = (value) => value >= first - reach && value <= end + reach;
    const tenth = Math.floor(medians.length / 10);
    const low = Math.min(...[medians.find(usable), sorted("low")[tenth]].filter(usable));
    const high = Math.max(...[medians.findLast(usable), sorted("high")[last - tenth]].filter(usable));
    if (low >= 0 && low < 0.5 * high) return { low: 0, high: 1.05 * high };
    const air = Math.max(0.08 * (high - low), 0.03 * Math.abs(high), unit === "ns" ? 0 : 1);
    return { low: low >= 0 ? Math.max(low - air, 0) : low - air, high: high + air || 1 };
  };
  const ticksOf = (low, high, least) => {
    const rough = Math.max((high - low) / 5, least);
    const step = [1, 2, 5, 10].map((m) => m * 10 ** Math.floor(Math.log10(rough) + 1e-9)).find((s) => s >= 0.999 * rough);
    const decimals = clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 9);
    const first = Math.ceil(low / step - 1e-9);
    const length = clamp(Math.floor(high / step + 1e-9) - first + 1, 0, 50);
    return Array.from({ length }, (_, i) => [(first + i) * step, ((first + i) * step).toFixed(decimals).replace("-", "−")]);
  };
  // A row of labels: where the next one of a width can stand without touching another; NaN if nowhere.
  const row = (left, right) => {
    const taken = [];
    return (at, width) => {
      const middle = clamp(at, left + width / 2, right - width / 2);
      const free = taken.every(([from, to]) => middle + width / 2 + 16 < from || middle - width / 2 - 16 > to);
      if (free) taken.push([middle - width / 2, middle + width / 2]);
      return free ? middle : NaN;
    };
  };

  const prepare = (figure) => {
    const data = parse(figure.querySelector('script[type="application/json"]') ?? html("i"));
    const svg = figure.querySelector("svg");
    const drawn = svg?.querySelector("g.view");
    const { plot, unit, scale, steps = [], levels = [], releases = [], breaks = [] } = data ?? {};
    if (!drawn || !(unit in UNITS) || ![...Object.values(plot), scale].every(Number.isFinite)) return;
    const { left, right, top, bottom } = plot;
    const pointsOf = (line) => line.p.map((p, i) => {
      const median = line.m[i] * scale;
      const [low, high] = [median - (line.l?.[i] ?? 0) * scale, median + (line.h?.[i] ?? 0) * scale];
      return { line, p, median, low, high, change: line.c?.[i] };
    }).filter((point) => point.p >= 0 && point.p < count && Number.isFinite(point.median));
    const lines = data.lines.map((line) => ({ ...line, points: pointsOf(line) }));
    const points = lines.flatMap((line) => line.points).sort((a, b) => a.p - b.p);
    if (!points.length) return;
    const [box, cursor] = [svg.parentElement, svgElement("g", { class: "cursor" })];
    const readout = html("p", { className: "readout", ariaLive: "polite" }, charts.length ? "" : "Point at a chart, or focus it and use the arrow keys.");
    svg.ariaLabel = svg.querySelector("title").textContent;
    svg.querySelector("title").remove(); // A browser would show it above the chart, in the readout's way.
    const ariaLabel = `${svg.ariaLabel}. Arrow keys go from commit to commit, Enter picks one to compare.`;
    // As an application, for a screen reader else keeps the arrow keys for itself.
    Object.assign(box, { tabIndex: 0, role: "application", ariaLabel });
    figure.append(readout);
    svg.append(cursor);
    let zoomed, visible, range, current, start;
    const x = (p) => left + ((p - view.from + 0.5) / (view.to - view.from + 1)) * (right - left);
    const y = (value) => bottom - ((clamp(value, range.low, range.high) - range.low) / (range.high - range.low)) * (bottom - top);
    const upright = (at, from, colour, width = 2, more = {}) => stroke(`M${at} ${from}V${bottom}`, colour, width, more);
    // Marks at commits, `length` long from a height on, and as many of their labels as there is room for.
    const marks = (place, height, length, labels) => labels.flatMap(([p, text]) => {
      const middle = place(x(p), widthOf(text));
      const mark = stroke(`M${x(p)} ${height}v${length}`, isNaN(middle) ? LINE : MUTED, 2);
      return isNaN(middle) ? [mark] : [mark, label(middle, height + 2.6 * length, text, { "text-anchor": "middle" })];
    });
    const dates = () => {
      const begins = (length) => commits.date.flatMap((date, p) =>
        inView(p) && p > 0 && date.slice(0, length) !== commits.date[p - 1].slice(0, length) ? [[p, date.slice(0, length)]] : []);
      const months = begins(7);
      return marks(row(0, svg.viewBox.baseVal.width), bottom, 10, months.length < 4 ? begins(10) : months);
    };
    const values = () => {
      const [unitName, size] = unitFor(Math.max(Math.abs(range.low), Math.abs(range.high)), unit);
      const about = `${data.metric}${unitName && ", "}${unitName}${range.low === 0 ? "" : " – the axis does not begin at 0"}`;
      const ticks = ticksOf(range.low / size, range.high / size, unit === "ns" ? 0 : 1 / size).flatMap(([value, text]) => [
        stroke(`M${left} ${y(value * size)}H${right}`, LINE, 2), label(left - 20, y(value * size), text, { "text-anchor": "end" })]);
      return [...ticks, stroke(`M${left} ${bottom}H${right}`, LINE, 2), label(32, 72, about)];
    };
    const changes = () => {
      const place = row(32, right + 100);
      const shown = steps.filter(([p]) => inView(p)).sort((a, b) => Math.abs(Math.log(b[1])) - Math.abs(Math.log(a[1])));
      return shown.flatMap(([p, , kind, colour, text]) => {
        const at = x(p - 0.5);
        const from = place(at, widthOf(text) + 26) - (widthOf(text) + 26) / 2;
        const d = (SHAPES[STEPS[kind]] ?? SHAPES.disc)(isNaN(from) ? at : from + 8, isNaN(from) ? top + 10 : top - 16, 7);
        const shape = stroke(d, colour, 3, { fill: kind === "unconfirmed" ? SURFACE : colour });
        return [upright(at, top, colour, 2, { opacity: 0.6 }), shape, ...(isNaN(from) ? [] : [label(from + 26, top - 16, text, { fill: INK })])];
      });
    };
    const machines = () => breaks.filter(([p]) => inView(p)).flatMap(([p, text]) => [
      upright(x(p - 0.5), top, INK, 3, { "stroke-dasharray": 8 }), label(x(p - 0.5) + 12, bottom - 18, `from here: ${text}`)]);
    const lineMarks = (line) => {
      // With a neighbour on either side, so that the line goes on to the edges.
      const first = line.points.findIndex((point) => point.p >= view.from);
      const last = line.points.findLastIndex((point) => point.p <= view.to);
      const part = first < 0 ? [] : line.points.slice(Math.max(first - 1, 0), last + 2);
      const few = visible.length < FEW;
      const along = (key) => part.map((point) => `${x(point.p).toFixed(1)},${y(point[key]).toFixed(1)}`);
      const d = part.map((point) => {
        if (point.median > range.high) return SHAPES.up(x(point.p), top + 9, 7);
        if (point.median < range.low) return SHAPES.down(x(point.p), bottom - 9, 7);
        return few ? (SHAPES[line.marker] ?? SHAPES.disc)(x(point.p), y(point.median), 4) : "";
      }).join("");
      const band = line.l ? [...along("high"), ...along("low").reverse()].join(" ") : "";
      return [
        svgElement("polygon", { points: band, fill: line.colour, opacity: 0.22 }),
        svgElement("polyline", { points: along("median").join(" "), fill: "none", stroke: line.colour, "stroke-width": few ? 3 : 2 }),
        stroke(d, line.colour, 3, { fill: line.hollow ? SURFACE : line.colour })];
    };
    const levelMarks = ([from, to, value]) => [[SURFACE, 7, 0.7], [INK, 3, 1]].map(([colour, width, opacity]) =>
      stroke(`M${x(from - 0.5)} ${y(value)}H${x(to + 0.5)}`, colour, width, { opacity }));
    const layOut = () => {
      const size = { x: left, y: top, width: right - left, height: bottom - top };
      const newest = visible.at(-1);
      const by = unit === "" ? unitFor(range.high, unit)[1] : 1; // All digits of a large count have no room: as the axis tells it.
      const end = newest ? label(x(newest.p) + 16, y(newest.median), by > 1 ? threeDigits(newest.median / by) : format(newest.median, unit), { fill: INK, "font-weight": "bold" })
        : label((left + right) / 2, (top + bottom) / 2, "Nothing was measured in this range.", { "text-anchor": "middle" });
      // An inner picture cuts off what reaches beyond the plot.
      return svgElement("g", {}, ...values(), ...dates(), ...changes(), ...machines(),
        ...marks(row(left, right), plot.releases, -10, releases.filter(([p]) => inView(p)).reverse()),
        svgElement("svg", { ...size, viewBox: Object.values(size).join(" ") },
          ...lines.flatMap(lineMarks), ...levels.filter(([, , value]) => value >= range.low && value <= range.high).flatMap(levelMarks)), end);
    };
    const update = () => {
      const whole = view.from === 0 && view.to === count - 1;
      visible = points.filter((point) => inView(point.p));
      range = whole || !visible.length ? plot : rangeOf(visible, unit);
      const next = whole ? drawn : layOut();
      (zoomed ?? drawn).replaceWith((zoomed = next));
      show(visible.includes(current) ? current : undefined);
    };
    const show = (point) => {
      current = point;
      cursor.replaceChildren(...picked.filter(inView).map((p) => upright(x(p), top, INK, 3, { "stroke-dasharray": "3 5" })));
      if (!point) return;
      cursor.append(upright(x(point.p), top, MUTED),
        stroke(SHAPES.disc(x(point.p), y(point.median), 8), INK, 4, { fill: SURFACE }));
      const of = (name) => commits[name][point.p];
      const interval = point.high > point.low ? ` (${format(point.low, unit)} to ${format(point.high, unit)})` : "";
      const change = point.change ? `, ${point.change} on the one before` : "";
      const machine = lines.length > 1 ? ` · ${point.line.name}` : "";
      readout.replaceChildren(html("strong", {}, format(point.median, unit)), `${interval}${change}${machine} · `,
        html("code", {}, of("sha")), ` ${of("version")} · ${of("date")} · `, html("bdi", {}, of("subject")));
    };
    const pick = (p) => { // What has no report cannot be compared.
      if (commits.link[p]) compare(picked.includes(p) ? picked.filter((other) => other !== p) : [...picked.slice(-1), p], figure);
    };
    const atPointer = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const nearest = (at) => {
      const far = (point) => 100 * Math.abs(x(point.p) - at.x) + Math.abs(y(point.median) - at.y);
      return visible.reduce((best, point) => (best && far(best) <= far(point) ? best : point), undefined);
    };
    // The two ends of what was dragged over, in order; undefined for what was only a click.
    const dragged = (atX) => start === undefined || Math.abs(atX - start) < 12 ? undefined
      : [Math.min(atX, start), Math.max(atX, start)].map((end) => clamp(end, left, right));
    // A finger scrolls; it picks by tapping and zooms by the buttons.
    svg.onpointerdown = (event) => { start = event.pointerType === "touch" || event.button ? undefined : atPointer(event).x; };
    svg.onpointermove = (event) => {
      const at = atPointer(event);
      show(nearest(at));
      const [from, to] = dragged(at.x) ?? [];
      if (!(to > from)) return;
      cursor.prepend(svgElement("rect", { x: from, y: top, width: to - from, height: bottom - top, fill: INK, opacity: 0.12 }));
    };
    svg.onpointerleave = () => { start = undefined; show(document.activeElement === box ? current : undefined); };
    svg.onclick = (event) => {
      const at = atPointer(event);
      const ends = dragged(at.x)?.map((end) => Math.floor(view.from + ((end - left) / (right - left)) * (view.to - view.from + 1)));
      start = undefined;
      if (ends) return setRange(ends.map((p) => commits.sha[Math.min(p, view.to)]).join(".."));
      show(nearest(at));
      pick(current?.p);
    };
    box.onkeydown = (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const [at, by, last] = [visible.indexOf(current), event.shiftKey ? 10 : 1, visible.length - 1];
      const to = { ArrowLeft: at < 0 ? last : at - by, ArrowRight: at < 0 ? 0 : at + by, Home: 0, End: last }[event.key];
      if (to !== undefined) show(visible[clamp(to, 0, last)]);
      else if (event.key === "Enter" || event.key === " ") pick(current?.p);
      else if (event.key === "Escape") compare([], figure);
      else return;
      event.preventDefault();
    };
    charts.push({ update, refresh: () => show(current) });
  };

  // The link to the comparison of what was picked, in the figure where that was done last.
  const bar = html("p", { className: "compare" });
  const compare = (positions, figure) => {
    picked = positions; // In the order of picking; compared is the older one with the newer one.
    const [base, other] = positions.toSorted((a, b) => a - b).map((p) => ({ sha: commits.sha[p], link: encodeURIComponent(commits.link[p]) }));
    const href = `${document.body.dataset.root ?? ""}compare.html#base=${base?.link}&other=${other?.link}`;
    bar.replaceChildren(other ? html("a", { href, textContent: `Compare ${base.sha} with ${other.sha}` })
      : `${base?.sha} is picked; pick another commit to compare it with.`, " ", button("Clear", () => compare([], figure)));
    if (base) figure.append(bar); else bar.remove();
    charts.forEach((chart) => chart.refresh());
  };

  // The visible range is in the address: `range=90d`, or two ends, each a day or a commit, `range=2024-01-01..a1b2c3d`.
  const rangeInAddress = () => new URLSearchParams(location.hash.slice(1)).get("range") ?? "all";
  const readRange = () => {
    const days = /^(\d{1,5})d$/.exec(rangeInAddress())?.[1];
    const newest = new Date(commits.date.reduce((a, b) => (a > b ? a : b)));
    const since = days && !isNaN(newest) && new Date(newest - days * 864e5).toISOString().slice(0, 10);
    const [first, last] = since ? [since, ""] : rangeInAddress().split("..");
    const isDay = (end) => /^\d{4}-\d\d-\d\d$/.test(end);
    const from = isDay(first) ? commits.date.findIndex((date) => date >= first) : first ? commits.sha.indexOf(first) : 0;
    const to = isDay(last) ? commits.date.findLastIndex((date) => date <= last) : last ? commits.sha.indexOf(last) : count - 1;
    if (last === undefined || from < 0 || to < 0 || from > to) return { from: 0, to: count - 1 };
    // One commit alone has no width.
    return from === to ? { from: Math.max(from - 1, 0), to: Math.min(to + 1, count - 1) } : { from, to };
  };
  const setRange = (range) => {
    // What else the address says stays; every zoom is a step that the browser can go back.
    const others = location.hash.slice(1).split("&").filter((part) => part.includes("=") && !part.startsWith("range="));
    location.hash = [...others, `range=${range}`].join("&");
  };

  const figures = [...document.querySelectorAll("figure.trend")]; // Malformed ones stay as they are.
  const attempt = (act, ...given) => { try { act(...given); } catch (error) { console.warn("A trend's data is malformed.", error); } };
  figures.forEach((figure) => attempt(prepare, figure));
  if (!charts.length) return;
  const ranges = [["all", "All"], ["365d", "1 year"], ["90d", "90 days"], ["30d", "30 days"]];
  const buttons = ranges.map(([range, text]) => button(text, () => setRange(range)));
  const onchange = () => setRange(inputs.map((input) => input.value).join(".."));
  const inputs = ["from", "to"].map((ariaLabel) => html("input", { type: "date", ariaLabel, onchange }));
  const tools = html("div", { className: "trend-tools" }, ...buttons, ...inputs,
    html("span", {}, "or drag in a chart to look closer; click two commits to compare them"));
  const place = document.querySelector("[data-trend-tools]");
  if (place) place.append(tools); else figures[0].before(tools);
  const update = () => {
    view = readRange();
    buttons.forEach((one, index) => one.setAttribute("aria-pressed", ranges[index][0] === rangeInAddress()));
    inputs.forEach((input, index) => (input.value = commits.date[index ? view.to : view.from]));
    charts.forEach((chart) => attempt(chart.update));
  };
  addEventListener("hashchange", update);
  update();
})();
