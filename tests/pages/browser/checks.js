// What every page is checked for, with or without axe-core: an expression whose value is a list of what is wrong.
(() => {
  "use strict";
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (e) => e.cloneNode().outerHTML.slice(0, 200);
  const visible = (e) => e.checkVisibility({ visibilityProperty: true });

  if (!document.documentElement.lang) wrong.push("the document has no language");
  if (!document.title.trim()) wrong.push("the document has no title");
  if (all("main").filter(visible).length !== 1) wrong.push("there is not one main part");
  if (!document.querySelector("meta[name=viewport]")) wrong.push("there is no viewport for small screens");

  // Headings: one of the first level, and none deeper by more than one than that before it.
  let last = 0;
  const headings = all("h1, h2, h3, h4, h5, h6").filter((e) => e.closest("[hidden]") === null);
  if (headings.filter((e) => e.localName === "h1").length !== 1) wrong.push("there is not one h1");
  for (const heading of headings) {
    const level = Number(heading.localName[1]);
    if (level > last + 1) wrong.push(`h${level} after h${last}: ${heading.textContent.trim().slice(0, 80)}`);
    if (!heading.textContent.trim()) wrong.push(`an empty heading: ${shown(heading)}`);
    last = level;
  }

  // What refers to something refers to one thing that is there.
  const ids = new Set();
  for (const e of all("[id]")) {
    if (ids.has(e.id)) wrong.push(`two elements are called ${e.id}`);
    ids.add(e.id);
  }
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "for", "list"]) {
    for (const e of all(`[${name}]`)) {
      for (const id of e.getAttribute(name).split(/\s+/).filter(Boolean)) {
        if (!ids.has(id)) wrong.push(`${name} of nothing, ${id}: ${shown(e)}`);
      }
    }
  }
  for (const e of all('a[href^="#"]')) {
    const id = decodeURIComponent(e.getAttribute("href").slice(1));
    // What holds a `=` is no place, but something that the page's script reads.
    if (id && !id.includes("=") && !ids.has(id)) wrong.push(`a link to nothing: ${shown(e)}`);
  }

  // Pictures have a name, or say that they have none.
  for (const e of all("img:not([alt])")) wrong.push(`a picture without alt: ${shown(e)}`);
  for (const e of all("svg")) {
    if (e.closest("[aria-hidden=true], [role=presentation], [role=none]") || e.parentElement.closest("svg")) continue;
    const named = e.getAttribute("aria-label")?.trim() || e.hasAttribute("aria-labelledby") || e.querySelector(":scope > title");
    if (e.getAttribute("role") !== "img" || !named) wrong.push(`an SVG without role=img and a name: ${shown(e)}`);
  }

  // Figures stand in tables whose columns have names.
  for (const e of all("table")) {
    if (e.getAttribute("role") !== "presentation" && !e.querySelector("th")) wrong.push(`a table without heads: ${shown(e)}`);
  }
  // What scrolls must do so for the keyboard, too.
  for (const e of all("*")) {
    const { overflowX, overflowY } = getComputedStyle(e);
    const scrolls = /auto|scroll/.test(overflowX) && e.scrollWidth > e.clientWidth + 1
      || /auto|scroll/.test(overflowY) && e.scrollHeight > e.clientHeight + 1;
    if (!scrolls || !visible(e) || e === document.documentElement || e === document.body || e.tabIndex >= 0) continue;
    if (!e.querySelector("a[href], button, input, select, textarea, summary, [tabindex]")) {
      wrong.push(`it scrolls, but not by keyboard: ${shown(e)}`);
    }
  }

  // Contrast of text: 4.5, and 3 where it is large.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colours = new Map();
  const parse = (text) => {
    if (!colours.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = "#000";
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      colours.set(text, [r, g, b, a / 255]);
    }
    return colours.get(text);
  };
  const over = (top, below) => {
    const a = top[3] + below[3] * (1 - top[3]);
    if (a === 0) return [0, 0, 0, 0];
    return [0, 1, 2].map((i) => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / a).concat(a);
  };
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const paper = parse(matchMedia("(prefers-color-scheme: dark)").matches
    && /dark/.test(getComputedStyle(document.documentElement).colorScheme) ? "#121212" : "#fff");
  // The plain colours behind an element; where there is a picture behind it, each of a gradient's colours, or nothing.
  const grounds = (e) => {
    let result = [[0, 0, 0, 0]];
    for (let p = e; p; p = p.parentElement) {
      const style = getComputedStyle(p);
      const image = style.backgroundImage;
      const below = [parse(style.backgroundColor)];
      if (image !== "none") {
        if (/url\(/.test(image)) return [];
        below.push(...(image.match(/(?:rgba?|color|oklch|oklab)\([^()]*\)/g) ?? []).map((c) => over(parse(c), below[0])));
      }
      result = result.flatMap((top) => below.map((colour) => over(top, colour)));
      if (result.every((colour) => colour[3] === 1)) return result;
    }
    return result.map((colour) => over(colour, paper));
  };
  const opacity = (e) => {
    let result = 1;
    for (let p = e; p; p = p.parentElement) result *= Number(getComputedStyle(p).opacity);
    return result;
  };
  // In a picture, the last filled rectangle before the text that it stands in; unless it is beside all of them, the page.
  const rects = new Map();
  const drawn = (text) => {
    const svg = text.ownerSVGElement;
    if (!rects.has(svg)) {
      rects.set(svg, [...svg.querySelectorAll("rect")].map((e) => [e, e.getBoundingClientRect()]));
    }
    const box = text.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const under = rects.get(svg).filter(([e, r]) => r.left <= x && x <= r.right && r.top <= y && y <= r.bottom
      && text.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING && !/^none|^url/.test(getComputedStyle(e).fill));
    let result = grounds(svg);
    for (const [e] of under) {
      const style = getComputedStyle(e);
      const fill = parse(style.fill);
      const alpha = fill[3] * Number(style.fillOpacity) * Number(style.opacity);
      result = result.map((ground) => over([fill[0], fill[1], fill[2], alpha], ground));
    }
    return result;
  };
  const told = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.data.trim()) continue;
    const e = walker.currentNode.parentElement;
    if (/^(script|style|title|desc|noscript|option)$/.test(e.localName) || e.matches(":disabled") || !visible(e)) continue;
    const style = getComputedStyle(e);
    const picture = e.ownerSVGElement;
    const behind = picture ? drawn(e.closest("text") ?? e) : grounds(e);
    const ink = parse(picture ? style.fill : style.color);
    const alpha = ink[3] * opacity(e) * (picture ? Number(style.fillOpacity) : 1);
    if (alpha === 0) continue;
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    for (const ground of behind) {
      const ratio = contrast(over([ink[0], ink[1], ink[2], alpha], ground), ground);
      if (ratio >= least - 0.05) continue;
      const line = `contrast ${ratio.toFixed(2)} of ${style[picture ? "fill" : "color"]} on rgb(${ground.slice(0, 3).map(Math.round)}): ${shown(e)}`;
      if (!told.has(line) && told.size < 20) wrong.push(`${line} ${walker.currentNode.data.trim().slice(0, 40)}`);
      told.add(line);
    }
  }
  return wrong;
})()
