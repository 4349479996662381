
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("filter"), query = byId("q"), show = byId("show"), count = byId("count");
  const table = byId("table"), body = table.tBodies[0];
  const rows = Array.from(body.rows), folds = Array.from(document.querySelectorAll("details.e"));
  const heads = Array.from(table.tHead.rows[0].cells);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const everything = count.textContent;
  let texts = null, sorted = -1, down = false;

  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (at) => {
    texts ||= rows.map((row, at) => (row.textContent + " " + folds[at].textContent).toLowerCase());
    return texts[at];
  };
  const admits = (row) => show.value === "" || row.classList.contains("failed")
    || show.value === "odd" && (row.classList.contains("wrong") || row.classList.contains("open"));

  const filter = () => {
    const wanted = words(query.value);
    let shown = 0;
    rows.forEach((row, at) => {
      const hit = admits(row) && wanted.every((word) => text(at).includes(word));
      row.hidden = folds[at].hidden = !hit;
      shown += hit ? 1 : 0;
    });
    const all = shown === rows.length;
    count.textContent = all ? everything : `${shown} of ${rows.length} endpoints shown`;
  };

  const sort = (column, descending) => {
    const cell = (row) => row.cells[column].textContent.trim();
    const keyed = rows.map((row, at) => [cell(row), at]);
    keyed.sort((one, other) => {
      if ((one[0] === "") !== (other[0] === "")) { return one[0] === "" ? 1 : -1; }
      const order = collator.compare(one[0], other[0]);
      return (descending ? -order : order) || one[1] - other[1];
    });
    const sheet = document.createDocumentFragment();
    keyed.forEach((key) => sheet.append(rows[key[1]]));
    body.append(sheet);
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
    [sorted, down] = [column, descending];
  };

  const name = (head) => head.textContent.trim().toLowerCase();
  const remember = () => {
    const state = new URLSearchParams();
    if (query.value) { state.set("q", query.value); }
    if (show.value) { state.set("show", show.value); }
    if (sorted >= 0) { state.set("sort", (down ? "-" : "") + name(heads[sorted])); }
    const hash = state.toString();
    try { history.replaceState(null, "", "#" + hash); } catch { /* Not kept where the place forbids it. */ }
  };

  const recall = () => {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) { return; }
    const state = new URLSearchParams(hash);
    query.value = state.get("q") || "";
    const choice = state.get("show") || "";
    show.value = Array.from(show.options).some((option) => option.value === choice) ? choice : "";
    const order = state.get("sort") || "";
    const column = heads.findIndex((head) => name(head) === order.replace(/^-/, ""));
    if (column >= 0) { sort(column, order.startsWith("-")); }
    filter();
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      sort(column, sorted === column && !down);
      remember();
    });
  });
  let waiting = 0;
  query.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { filter(); remember(); }, rows.length > 500 ? 200 : 0);
  });
  show.addEventListener("change", () => { filter(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  form.hidden = false;
  recall();
})();
