// How data comes to a page: as scripts that call one of the functions below, and hold nothing else. What was opened from a
// disk may not fetch; an element that loads a script, it may have.
"use strict";
((forcPerf) => {
  const reports = new Map();
  const loading = new Map();

  // Called by data/commits.js, and data/ID.js.
  forcPerf.commits = (commits) => (forcPerf.list = commits);
  forcPerf.report = (report) => reports.set(report.id, report);

  // The data of a report, by the name of its file.
  forcPerf.load = (id) => {
    if (reports.has(id)) return Promise.resolve(reports.get(id));
    if (!loading.has(id)) {
      loading.set(id, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        const failed = (why) => {
          loading.delete(id);
          script.remove();
          reject(new Error(why));
        };
        script.src = `data/${id}.js`;
        script.addEventListener("load", () =>
          reports.has(id) ? resolve(reports.get(id)) : failed(`data/${id}.js does not hold it`));
        script.addEventListener("error", () => failed(`data/${id}.js cannot be read`));
        document.head.append(script);
      }));
    }
    return loading.get(id);
  };
})((globalThis.forcPerf ??= {}));
