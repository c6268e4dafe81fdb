// Leads as rows: one Tab stop for all, arrow keys between them, a click or Enter opens one, links call and write.
const ICONS = { Hot: "M6 1 11 10H1Z", Warm: "M6 0 12 6 6 12 0 6Z", Cold: "M1 2H11L6 11Z", Junk: "M2 2 10 10M10 2 2 10" };

function make(tag, attributes = {}, text = "") {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

function gradeMark(text) {
  const grade = text.split(" ")[0];
  const mark = make("span", { class: `grade ${grade}` });
  if (ICONS[grade]) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 12 12");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[grade]);
    svg.append(path);
    mark.append(svg);
  }
  mark.append(make("span", {}, text));
  return mark;
}

function scoreBar(text) {
  const score = make("span", { class: "score" });
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", `${text}%`);
  score.append(make("span", {}, text), bar);
  return score;
}

function content(column, value, lead) {
  const text = typeof value === "object" ? value.text : value;
  if (column.kind === "who") return make("button", { type: "button", class: "open", tabindex: "-1", "data-row": lead.row }, text);
  if (value.href) return make("a", { href: value.href, tabindex: "-1", title: text }, text);
  if (column.kind === "grade") return gradeMark(text);
  if (column.kind === "score") return scoreBar(text);
  return make("span", text.length > 12 ? { title: text } : {}, text);
}

function fill(root, data, picked) {
  const columns = data.columns;
  const grid = make("div", { role: "table", "aria-label": data.label, "aria-rowcount": data.total, class: data.several ? "list several" : "list" });
  grid.style.setProperty("--columns", [...(data.several ? ["2rem"] : []), ...columns.map((c) => c.width)].join(" "));
  const head = make("div", { role: "row", class: "row head" });
  if (data.several) {
    const chosen = make("div", { role: "columnheader", class: "cell k-check" });
    chosen.append(make("span", { class: "unseen" }, "Selected"));
    head.append(chosen);
  }
  for (const column of columns) {
    const title = make("div", { role: "columnheader", class: `cell k-${column.kind}` }, column.label);
    if (column.help) title.title = column.help;
    head.append(title);
  }
  const top = make("div", { role: "rowgroup" });
  top.append(head);
  const body = make("div", { role: "rowgroup", class: "body" });
  data.rows.forEach((lead, place) => {
    if (data.marks[place]) {
      const line = make("div", { role: "row", class: "mark" });
      line.append(make("div", { role: "cell", "aria-colspan": columns.length }, data.marks[place]));
      body.append(line);
    }
    const row = make("div", { role: "row", class: "row lead", "aria-rowindex": data.first + place });
    if (data.several) {
      const cell = make("div", { role: "cell", class: "cell k-check" });
      const box = make("input", { type: "checkbox", tabindex: "-1", "data-row": lead.row, "aria-label": `Select ${lead.who}` });
      box.checked = picked.has(lead.row);
      cell.append(box);
      row.append(cell);
    }
    columns.forEach((column, at) => {
      const cell = make("div", { role: column.kind === "who" ? "rowheader" : "cell", class: `cell k-${column.kind}` });
      if (lead.cells[at] !== "") cell.append(content(column, lead.cells[at], lead));
      row.append(cell);
    });
    body.append(row);
  });
  grid.append(top, body);
  root.replaceChildren(grid);
}

const STOPS = "a, button, input";
const DRAGGED = 4; // pixels: whoever marks a text does not open its row

function enter(root, row) {
  for (const stop of root.querySelectorAll(`.body :is(${STOPS})`)) stop.tabIndex = -1;
  if (row) for (const stop of row.querySelectorAll(STOPS)) stop.tabIndex = 0;
}

function move(root, event) {
  const rows = [...root.querySelectorAll(".lead")];
  const row = event.target.closest(".lead");
  const to = { ArrowDown: 1, ArrowUp: -1, Home: -rows.length, End: rows.length }[event.key];
  if (!row || to === undefined) return;
  event.preventDefault();
  const next = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + to))];
  const kind = `.${[...event.target.closest(".cell").classList].find((name) => name.startsWith("k-"))}`;
  enter(root, next);
  (next.querySelector(`${kind} :is(${STOPS})`) ?? next.querySelector(".open")).focus();
}

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".leads");
  const drawn = JSON.stringify([data.columns, data.rows, data.marks, data.several, data.total]);
  if (root.drawn !== drawn) {
    root.drawn = drawn;
    root.from = [0, 0];
    root.picked = new Set();
    fill(root, data, root.picked);
    enter(root, root.querySelector(".lead"));
  }
  root.onkeydown = (event) => move(root, event);
  root.onpointerdown = (event) => (root.from = [event.clientX, event.clientY]);
  root.onclick = (event) => {
    const row = event.target.closest(".lead");
    const dragged = event.detail && Math.hypot(event.clientX - root.from[0], event.clientY - root.from[1]) > DRAGGED;
    if (!row || event.target.closest("a, input, .k-check") || dragged) return;
    enter(root, row);
    setTriggerValue("open", Number(row.querySelector(".open").dataset.row));
  };
  root.onchange = (event) => {
    const number = Number(event.target.dataset.row);
    event.target.checked ? root.picked.add(number) : root.picked.delete(number);
    setStateValue("selected", [...root.picked]);
  };
  if (root.opened != null && data.opened == null) {
    const last = root.querySelector(`.open[data-row="${root.opened}"]`);
    if (last) {
      enter(root, last.closest(".lead"));
      setTimeout(() => last.focus(), 50); // after the card has given the focus back
    }
  }
  root.opened = data.opened;
}
