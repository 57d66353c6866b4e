// What every page does once it is there: tables are sorted, lists are filtered, and the age of the last measurement is
// told. Without it the pages lack nothing else. Text is only ever written as text.
"use strict";
(() => {
  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // The page was made when it was made; how long ago that is only the reader's clock knows.
  const tellAge = () => {
    const measured = document.getElementById("measured");
    const time = Date.parse(measured?.dataset.time ?? "");
    if (Number.isNaN(time)) return;
    const hours = (Date.now() - time) / 3.6e6;
    if (hours < 0) return;
    const age = hours < 1 ? "less than an hour ago" : hours < 48 ? `${Math.round(hours)} h ago` : `${Math.round(hours / 24)} days ago`;
    // A night was missed.
    const old = hours > 36;
    measured.append(element("span", { className: old ? "old" : "" }, old ? ` – ${age}: no night since` : ` – ${age}`));
  };

  // The state of a filter is in the address, so that what one sees can be sent to somebody.
  const state = () => new URLSearchParams(location.search);
  const remember = (name, value) => {
    const parameters = state();
    if (value) parameters.set(name, value);
    else parameters.delete(name);
    const query = parameters.toString();
    // Pages on a disk may not change their address in every browser; they then only forget.
    try {
      history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash);
    } catch {
      return;
    }
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const key = (row, column) => {
      const cell = row.cells[column];
      if (!cell) return null;
      const value = cell.dataset.value;
      if (value !== undefined) return value === "" ? null : Number(value);
      const text = cell.textContent.trim();
      return text === "" || text === "–" ? null : text;
    };
    heads.forEach((head, column) => {
      if (head.classList.contains("unsorted")) return;
      const button = element("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        // Figures begin with the largest, names with the first.
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") === first ? (first === "ascending" ? "descending" : "ascending") : first;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const sorted = [...body.rows].sort((a, b) => {
          const [x, y] = [key(a, column), key(b, column)];
          if (x === null || y === null) return (x === null) - (y === null);
          return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true }));
        });
        body.append(...sorted);
      });
    });
  };

  // A search field, and a choice for each attribute that the items differ in.
  const filterable = (place, items, what) => {
    if (items.length < 2) return;
    const bar = element("div", { className: "filters" });
    bar.setAttribute("role", "search");
    const input = element("input", { type: "search", placeholder: `Search ${what}`, value: state().get(what) ?? "" });
    input.setAttribute("aria-label", `Search ${what}`);
    const told = element("span", { className: "muted" });
    told.setAttribute("aria-live", "polite");
    bar.append(input);
    const choices = [];
    for (const [attribute, label, several] of [["tags", "tag", true], ["phases", "phase", true], ["direction", "direction", false], ["standing", "standing", false]]) {
      const of = (item) => {
        const text = item.dataset[attribute];
        if (!text) return [];
        return several ? text.split("\n").filter(Boolean) : [text];
      };
      const values = [...new Set(items.flatMap(of))].sort();
      if (values.length < 2) continue;
      const select = element("select", {}, element("option", { value: "", textContent: `any ${label}` }), ...values.map((value) => element("option", { value, textContent: value.length > 60 ? `${value.slice(0, 60)}…` : value })));
      select.setAttribute("aria-label", `Only this ${label}`);
      select.value = values.includes(state().get(label)) ? state().get(label) : "";
      choices.push([label, select, of]);
      bar.append(select);
    }
    bar.append(told);
    place.before(bar);
    const texts = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of items) {
        const wanted = words.every((word) => texts.get(item).includes(word)) && choices.every(([, select, of]) => !select.value || of(item).includes(select.value));
        item.hidden = !wanted;
        shown += wanted;
      }
      told.textContent = shown === items.length ? "" : `${shown} of ${items.length} ${what}`;
      remember(what, input.value);
      choices.forEach(([label, select]) => remember(label, select.value));
      // A heading without anything below it says nothing.
      document.querySelectorAll("main section").forEach((section) => {
        const own = items.filter((item) => section.contains(item) && item.tagName === "ARTICLE");
        if (own.length > 0) section.hidden = own.every((item) => item.hidden);
      });
    };
    input.addEventListener("input", apply);
    choices.forEach(([, select]) => select.addEventListener("change", apply));
    apply();
    return input;
  };

  tellAge();
  document.querySelectorAll("table.sortable").forEach(sortable);
  const inputs = [...document.querySelectorAll("table.filterable")].map((table) =>
    filterable(table.parentElement, [...table.tBodies[0].rows], table.dataset.what ?? "rows"),
  );
  document.querySelectorAll("div.filter").forEach((place) => {
    inputs.push(filterable(place, [...document.querySelectorAll(place.dataset.items)], place.dataset.what ?? "items"));
  });
  // As in many a list on the web, a slash goes to the search field.
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    const input = inputs.find(Boolean);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || !input) return;
    event.preventDefault();
    input.focus();
  });
})();
