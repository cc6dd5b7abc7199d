"use strict";

// The report is data (a JSON document in the page) and this script. All text reaches the page as text nodes, never as
// markup; the one exception are the drawings, which Graphviz has written and escaped.

const report = JSON.parse(document.getElementById("data").textContent);
const findings = new Map(report.findings.map((finding) => [finding.fingerprint, finding]));
const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
  return made;
}

function options(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => element("option", { value }, text)));
}

const sorted = (values) => [...new Set(values)].filter(Boolean).sort();
const place = (item) => (item.line ? `${item.path}:${item.line}` : item.path);

// ------------------------------------------------------------------------------------------------------------ tabs

const tabs = [
  ["graph", "Graph"],
  ["findings", `Findings (${report.findings.length})`],
  ["events", `Events (${report.events.length})`],
  ["delivery", `Delivery (${report.delivery.length})`],
  ["left", `Not analysed (${report.not_analysed.length})`],
].filter(([name]) => name !== "left" || report.not_analysed.length);

function open(name) {
  for (const [each] of tabs) {
    const chosen = each === name;
    byId(`tab-${each}`).setAttribute("aria-selected", String(chosen));
    byId(`tab-${each}`).tabIndex = chosen ? 0 : -1;
    byId(`panel-${each}`).hidden = !chosen;
  }
}

function makeTabs() {
  const list = byId("tabs");
  tabs.forEach(([name, text], position) => {
    list.append(
      element("button", { role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, type: "button", onclick: () => open(name) }, text),
    );
    list.lastChild.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const [next] = tabs[(position + step + tabs.length) % tabs.length];
      open(next);
      byId(`tab-${next}`).focus();
    });
  });
}

// -------------------------------------------------------------------------------------------------------- findings

function excerpt(finding) {
  if (!finding.excerpt.length) return null;
  const width = String(finding.excerpt[finding.excerpt.length - 1].number).length;
  return element(
    "pre",
    {},
    ...finding.excerpt.map((line) =>
      element("span", { class: line.number === finding.line ? "hit" : "" }, `${String(line.number).padStart(width)} │ ${line.text}`),
    ),
  );
}

function traceOf(finding) {
  if (finding.trace.length < 2) return null;
  return element(
    "ol",
    { class: "trace" },
    ...finding.trace.map((step) =>
      element("li", {}, step.message, " ", element("span", { class: "place" }, place(step)), step.source ? element("code", {}, step.source) : ""),
    ),
  );
}

function findingBox(finding, expanded = false) {
  return element(
    "details",
    { open: expanded, "data-finding": finding.fingerprint },
    element("summary", {}, element("span", { class: "code" }, finding.code), ` ${finding.message} `, element("span", { class: "place" }, place(finding))),
    element(
      "p",
      {},
      element("span", { class: "tag" }, finding.name), " ",
      element("span", { class: "tag" }, finding.confidence), " ",
      finding.service ? element("span", { class: "tag" }, finding.service) : "",
    ),
    excerpt(finding),
    traceOf(finding),
  );
}

const groupings = {
  rule: ["rule", (finding) => `${finding.code} ${finding.name}`],
  service: ["service", (finding) => finding.service || "no service"],
  file: ["file", (finding) => finding.path],
  none: ["nothing", () => ""],
};

function matches(finding) {
  const wanted = byId("search").value.trim().toLowerCase();
  const text = `${finding.code} ${finding.name} ${finding.message} ${finding.path} ${finding.function}`.toLowerCase();
  return (
    (!wanted || text.includes(wanted)) &&
    (!byId("rule").value || finding.code === byId("rule").value) &&
    (!byId("finding-service").value || finding.service === byId("finding-service").value) &&
    (!byId("confidence").value || finding.confidence === byId("confidence").value)
  );
}

function listFindings() {
  const shown = report.findings.filter(matches);
  const [, heading] = groupings[byId("group").value];
  const groups = new Map();
  for (const finding of shown) {
    const name = heading(finding);
    groups.set(name, [...(groups.get(name) || []), finding]);
  }
  byId("findings").replaceChildren(
    ...[...groups.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).flatMap(([name, members]) => [
      name ? element("h3", {}, `${name} (${members.length})`) : "",
      ...members.map((finding) => findingBox(finding)),
    ]).filter(Boolean),
  );
  byId("shown").value = `${shown.length} of ${report.findings.length}`;
}

function makeFindings() {
  options(byId("rule"), [["", "all"], ...sorted(report.findings.map((each) => each.code)).map((code) => [code, `${code} ${report.rules[code] || ""}`])]);
  options(byId("finding-service"), [["", "all"], ...sorted(report.findings.map((each) => each.service)).map((name) => [name, name])]);
  options(byId("confidence"), [["", "all"], ...["certain", "likely", "guess"].map((name) => [name, name])]);
  options(byId("group"), Object.entries(groupings).map(([name, [text]]) => [name, text]));
  byId("findings-bar").addEventListener("input", listFindings);
  byId("findings-bar").addEventListener("submit", (event) => event.preventDefault());
  listFindings();
}

// ------------------------------------------------------------------------------------------------------- the graph

let drawing = null; // the view that is shown: its SVG, the groups in it, and what they stand for

function facts(pairs) {
  return element("dl", {}, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function about(marks) {
  const known = marks.map((mark) => findings.get(mark)).filter(Boolean);
  return known.length
    ? [element("h3", {}, known.length === 1 ? "1 finding" : `${known.length} findings`), ...known.map((finding) => findingBox(finding, known.length === 1))]
    : [element("p", { class: "nothing" }, "No findings here.")];
}

function describeNode(node) {
  return [
    element("h2", {}, node.name || node.kind),
    facts([["kind", node.kind], ["service", node.service], ["place", place(node)], ["not bound", node.reason]]),
    ...(node.kind === "topic" ? carried(node.name) : []),
    ...about(node.diagnostics),
  ];
}

function describeLink(link, nodes) {
  const name = (id) => (nodes.get(id) || { name: id }).name;
  return [
    element("h2", {}, `${name(link.source)} → ${name(link.target)}`),
    facts([["kind", link.kind], ["confidence", sorted(link.sites.map((site) => site.confidence)).join(", ")]]),
    element(
      "ul",
      {},
      ...link.sites.map((site) =>
        element(
          "li",
          {},
          [`${site.method} ${site.url}`.trim(), site.via ? `in ${site.via}` : "", site.count > 1 ? `and ${site.count - 1} more` : ""].filter(Boolean).join(" "),
          " ",
          site.path ? element("span", { class: "place" }, place(site)) : "",
        ),
      ),
    ),
    ...about(link.diagnostics),
  ];
}

function choose(group, content) {
  drawing.svg.querySelectorAll(".chosen").forEach((each) => each.classList.remove("chosen"));
  group.classList.add("chosen");
  byId("details").replaceChildren(...content.filter(Boolean));
}

function makeClickable(group, label, content) {
  group.setAttribute("tabindex", "0");
  group.setAttribute("role", "button");
  group.setAttribute("aria-label", label);
  group.addEventListener("click", () => choose(group, content()));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(group, content());
  });
}

function titleOf(group) {
  const title = [...group.children].find((child) => child.tagName.toLowerCase() === "title");
  return title ? title.textContent : "";
}

function draw(name) {
  const view = report.views.find((each) => each.name === name);
  const canvas = byId("canvas");
  byId("details").replaceChildren(element("p", { class: "nothing" }, "Choose a box or an arrow to see what it is, where it comes from and what was found there."));
  drawing = null;
  if (!view || !view.svg) {
    canvas.replaceChildren(element("p", { class: "nothing" }, view ? view.problem : "There is nothing to draw."));
    return;
  }
  const parsed = new DOMParser().parseFromString(view.svg, "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  canvas.replaceChildren(svg);
  const box = svg.viewBox.baseVal;
  drawing = { svg, view, nodes: [], links: [], full: [box.x, box.y, box.width, box.height], now: [box.x, box.y, box.width, box.height] };
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  const nodes = new Map(view.nodes.map((node) => [node.anchor, node]));
  const waiting = new Map(); // the links between two boxes, in the order in which they were written
  for (const link of view.links) {
    const title = `${link.source}->${link.target}`;
    waiting.set(title, [...(waiting.get(title) || []), link]);
  }
  for (const group of svg.querySelectorAll("g.node, g.edge, g.cluster")) {
    const title = titleOf(group);
    if (group.classList.contains("edge")) {
      const link = (waiting.get(title) || []).shift();
      if (!link) continue;
      drawing.links.push({ group, link });
      makeClickable(group, `${link.kind} ${title}`, () => describeLink(link, nodes));
    } else {
      const node = nodes.get(title.replace(/^cluster_/, "")) || nodes.get(`service:${title.replace(/^cluster_/, "")}`);
      if (!node) continue;
      if (group.classList.contains("node")) drawing.nodes.push({ group, node });
      else group.classList.add("open");
      makeClickable(group, `${node.kind} ${node.name}`, () => describeNode(node));
    }
  }
  options(byId("service"), [["", "all"], ...sorted(view.nodes.map((node) => node.service || (node.kind === "service" ? node.name : ""))).map((each) => [each, each])]);
  const kinds = sorted(view.links.map((link) => link.kind));
  byId("kinds").replaceChildren(
    element("legend", {}, "Edges"),
    ...kinds.map((kind) => element("label", {}, element("input", { type: "checkbox", value: kind, checked: true }), ` ${kind}`)),
  );
  filter();
  start();
}

function filter() {
  if (!drawing) return;
  const service = byId("service").value;
  const only = byId("only-findings").checked;
  const kinds = new Set([...byId("kinds").querySelectorAll("input:checked")].map((input) => input.value));
  const belongs = (node) => !service || node.service === service || (node.kind === "service" && node.name === service);
  const nodes = new Map(drawing.view.nodes.map((node) => [node.anchor, node]));
  const near = new Set();
  for (const { group, link } of drawing.links) {
    const shown = kinds.has(link.kind);
    const ends = [nodes.get(link.source), nodes.get(link.target)].filter(Boolean);
    const marked = link.diagnostics.length > 0 || ends.some((node) => node.diagnostics.length > 0);
    const clear = shown && (!service || ends.some(belongs)) && (!only || marked);
    group.classList.toggle("off", !shown);
    group.classList.toggle("faint", !clear);
    if (clear) for (const node of ends) near.add(node.anchor);
  }
  for (const { group, node } of drawing.nodes) {
    const clear = near.has(node.anchor) || (belongs(node) && (!only || node.diagnostics.length > 0));
    group.classList.toggle("faint", !clear);
  }
}

function look() {
  if (drawing) drawing.svg.setAttribute("viewBox", drawing.now.join(" "));
}

function zoom(factor, x = 0.5, y = 0.5) {
  if (!drawing) return;
  const [left, top, width, height] = drawing.now;
  const wide = Math.min(Math.max(width * factor, drawing.full[2] / 60), drawing.full[2] * 4);
  const high = (height * wide) / width;
  drawing.now = [left + (width - wide) * x, top + (height - high) * y, wide, high];
  look();
}

function move(right, down) {
  if (!drawing) return;
  drawing.now[0] += right;
  drawing.now[1] += down;
  look();
}

function fit() {
  if (!drawing) return;
  drawing.now = [...drawing.full];
  look();
}

// Units of the drawing for one pixel of the screen.
function scale() {
  const area = byId("canvas").getBoundingClientRect();
  return drawing && area.width && area.height ? Math.max(drawing.now[2] / area.width, drawing.now[3] / area.height) : 1;
}

// Show a drawing so that its words can be read: as a whole if that will do, else its upper part.
function start() {
  fit();
  const readable = 1.6;
  if (scale() > readable) zoom(readable / scale(), 0.5, 0);
}

// Bring some groups of the drawing into view.
function frame(groups) {
  const boxes = groups.map((group) => group.getBoundingClientRect()).filter((box) => box.width);
  if (!boxes.length) return;
  const matrix = drawing.svg.getScreenCTM().inverse();
  const corner = (x, y) => new DOMPoint(x, y).matrixTransform(matrix);
  const least = corner(Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top)));
  const most = corner(Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom)));
  const margin = 24;
  drawing.now = [least.x - margin, least.y - margin, most.x - least.x + 2 * margin, most.y - least.y + 2 * margin];
  look();
}

function makeMovable() {
  const canvas = byId("canvas");
  let from = null;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const area = canvas.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, (event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    canvas.classList.add("moving");
    move((from[0] - event.clientX) * scale(), (from[1] - event.clientY) * scale());
    from = [event.clientX, event.clientY];
  });
  window.addEventListener("pointerup", () => { from = null; canvas.classList.remove("moving"); });
  canvas.addEventListener("keydown", (event) => {
    const step = drawing ? drawing.now[2] / 12 : 0;
    const action = {
      ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0), ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
      "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: fit,
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  byId("zoom-in").addEventListener("click", () => zoom(0.8));
  byId("zoom-out").addEventListener("click", () => zoom(1.25));
  byId("zoom-fit").addEventListener("click", fit);
}

function makeGraph() {
  options(byId("view"), report.views.map((view) => [view.name, view.name]));
  byId("view").addEventListener("input", () => draw(byId("view").value));
  byId("graph-bar").addEventListener("input", (event) => {
    if (event.target.id === "view") return;
    filter();
    if (event.target.id !== "service" || !drawing) return;
    if (event.target.value) frame(drawing.nodes.map(({ group }) => group).filter((group) => !group.classList.contains("faint")));
    else start();
  });
  byId("graph-bar").addEventListener("submit", (event) => event.preventDefault());
  makeMovable();
  draw(report.views.length ? report.views[0].name : "");
}

// ------------------------------------------------------------------------------------------------ the other tables

function table(headings, rows) {
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", cell.attributes || {}, cell.text === undefined ? cell : cell.text))))),
  );
}

// ---------------------------------------------------------------------------------------------------------- events

const ends = {
  "": ["all", () => true],
  both: ["sent and received", (event) => event.producers.length && event.consumers.length],
  unheard: ["received by nobody", (event) => !event.consumers.length],
  unsent: ["sent by nobody", (event) => !event.producers.length],
};

const servicesOf = (event) => sorted([...event.producers, ...event.consumers].map((end) => end.service));
const textsOf = (event) => [
  event.name, event.kind, event.channel, event.description, ...event.known.map(([, value]) => value),
  ...[...event.fields, ...event.headers].map((field) => field.name),
  ...[...event.producers, ...event.consumers].flatMap((end) => [end.service, end.function, end.path, ...end.told]),
].join("\n").toLowerCase();
const searched = new Map(report.events.map((event) => [event, textsOf(event)]));

function sample(end) {
  if (!end.sample.length) return null;
  const width = String(end.sample[end.sample.length - 1].number).length;
  return element(
    "pre",
    {},
    ...end.sample.map((line) => element("span", { class: line.number === end.line ? "hit" : "" }, `${String(line.number).padStart(width)} │ ${line.text}`)),
  );
}

function endsOf(title, members) {
  const rows = members.map((end) =>
    element(
      "li",
      {},
      element("strong", {}, end.service || "no service"), ` ${end.function} `, element("span", { class: "place" }, place(end)),
      element("br"), end.told.join(" · "),
      sample(end),
      ...end.diagnostics.map((mark) => findings.get(mark)).filter(Boolean).map((finding) => findingBox(finding)),
    ),
  );
  return [element("h3", {}, `${title} (${members.length})`), rows.length ? element("ul", { class: "ends" }, ...rows) : element("p", { class: "nothing" }, "None is known.")];
}

function fieldsOf(title, fields) {
  if (!fields.length) return [];
  return [element("h3", {}, title), table(["Field", "Type", "Required", ""], fields.map((field) => [element("code", {}, field.name), field.type, field.required ? "yes" : "no", field.note]))];
}

function eventBox(event) {
  const names = (members) => sorted(members.map((end) => end.service || end.function)).join(", ") || "nobody";
  const content = element("div", { class: "event" });
  const box = element(
    "details",
    { id: `event-${event.id}`, "data-event": event.id },
    element(
      "summary",
      {},
      element("span", { class: "name" }, event.name), " ", element("span", { class: "tag" }, event.kind),
      ` ${names(event.producers)} → ${names(event.consumers)} `, element("span", { class: "place" }, event.channel === event.name ? "" : event.channel),
    ),
    content,
  );
  // what is inside is made when it is opened first: a large system has thousands of messages
  box.addEventListener("toggle", () => {
    if (!box.open || content.childNodes.length) return;
    content.append(
      ...[
        event.description ? element("p", {}, event.description) : null,
        facts(event.known),
        ...fieldsOf("Payload", event.fields),
        event.unknown ? element("p", { class: "nothing" }, `Not all of it is known: ${event.unknown}.`) : null,
        ...fieldsOf("Headers", event.headers),
        ...endsOf("Producers", event.producers),
        ...endsOf("Consumers", event.consumers),
      ].filter(Boolean),
    );
  });
  return box;
}

function listEvents() {
  const wanted = byId("event-search").value.trim().toLowerCase();
  const [, fits] = ends[byId("event-ends").value];
  const shown = report.events.filter(
    (event) =>
      (!wanted || searched.get(event).includes(wanted)) &&
      (!byId("event-kind").value || event.kind === byId("event-kind").value) &&
      (!byId("event-service").value || servicesOf(event).includes(byId("event-service").value)) &&
      fits(event),
  );
  byId("events").replaceChildren(...(shown.length ? shown.map(eventBox) : [element("p", { class: "nothing" }, "No events or commands.")]));
  byId("events-shown").value = `${shown.length} of ${report.events.length}`;
}

function showEvent(event) {
  for (const id of ["event-search", "event-kind", "event-service", "event-ends"]) byId(id).value = "";
  listEvents();
  open("events");
  const box = byId(`event-${event.id}`);
  box.open = true;
  box.scrollIntoView({ block: "start" });
  box.querySelector("summary").focus();
}

// The messages on a channel, as buttons that lead to them.
function carried(channel) {
  const known = report.events.filter((event) => event.channel === channel);
  return known.length
    ? [element("p", {}, "Carries ", ...known.map((event) => element("button", { type: "button", class: "carried", onclick: () => showEvent(event) }, event.name)))]
    : [];
}

function makeEvents() {
  options(byId("event-kind"), [["", "all"], ...sorted(report.events.map((each) => each.kind)).map((name) => [name, name])]);
  options(byId("event-service"), [["", "all"], ...sorted(report.events.flatMap(servicesOf)).map((name) => [name, name])]);
  options(byId("event-ends"), Object.entries(ends).map(([name, [text]]) => [name, text]));
  byId("events-bar").addEventListener("input", listEvents);
  byId("events-bar").addEventListener("submit", (event) => event.preventDefault());
  listEvents();
}

function makeDelivery() {
  byId("delivery").replaceChildren(
    report.delivery.length
      ? table(
          ["Topic", "Consumer", "Verdict", "Why", "Cheapest change"],
          report.delivery.map((each) => [
            each.topic,
            element("span", {}, each.consumer, " ", element("span", { class: "place" }, place(each))),
            { text: each.verdict, attributes: { class: each.kind } },
            each.why,
            each.change,
          ]),
        )
      : element("p", { class: "nothing" }, "No message handlers were found."),
  );
}

function makeLeft() {
  byId("left").replaceChildren(table(["File", "Reason"], report.not_analysed.map((each) => [each.path, each.reason])));
}

byId("title").textContent = report.title;
document.title = `${report.title} · edanalyze`;
byId("summary").textContent = report.summary;
makeTabs();
makeFindings();
makeEvents();
makeDelivery();
makeLeft();
open("graph");
makeGraph();
