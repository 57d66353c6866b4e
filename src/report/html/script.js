// Sorting and filtering of the main tables, and what older browsers do not do by themselves. The page is whole without.
"use strict";
(() => {
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const details = target && target.closest("details");
    if (details && !details.open) {
      details.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () =>
    document.querySelectorAll("details.benchmark, details.folded").forEach((d) => (d.open = true)));
  reveal();

  const prepare = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];

    const key = (row, column) => {
      const cell = row.cells[column];
      if (!cell) return null;
      if (!heads[column].classList.contains("number")) return cell.textContent.trim();
      return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
    };
    heads.forEach((head, column) => {
      if (head.classList.contains("unsorted")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        // Figures begin with the largest, names with the first.
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const sorted = [...rows].sort((a, b) => {
          const [x, y] = [key(a, column), key(b, column)];
          if (x === null || y === null) return (x === null) - (y === null);
          return sign * (typeof x === "string" ? x.localeCompare(y) : x - y);
        });
        body.append(...sorted);
      });
    });

    if (rows.length < 8) return;
    const tools = document.createElement("div");
    tools.className = "tools";
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "Filter benchmarks";
    input.setAttribute("aria-label", "Filter benchmarks");
    tools.append(input);
    table.parentElement.before(tools);
    const sections = [...(table.closest(".side") || document).querySelectorAll("details.benchmark")];
    const name = (row) => row.querySelector("th[scope=row]").textContent;
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = (text) => words.every((word) => text.toLowerCase().includes(word));
      rows.forEach((row) => (row.hidden = !wanted(name(row))));
      sections.forEach((section) => (section.hidden = !wanted(section.querySelector("h3").textContent)));
    });
  };
  document.querySelectorAll("table.sortable").forEach(prepare);
})();
