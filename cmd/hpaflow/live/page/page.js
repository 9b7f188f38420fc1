"use strict";
// The page of a run: what the server sends once a second, or, in a report, what
// stands in the page itself.
const graph = new Graph($("graph"), showStage);
let state = null, points = [], every = 1;

const charts = {
  rate: new Chart($("charts"), "Records out", { format: (v, short) => short ? number(v) : rate(v) }),
  memory: new Chart($("charts"), "Memory in flight, and of the process", { format: bytes, legend: ["in flight", "process"] }),
  cores: new Chart($("charts"), "Cores busy", { format: v => number(Math.round(10 * v) / 10) }),
  loss: new Chart($("curves"), "Loss", { format: v => v.toPrecision(3), formatX: v => `epoch ${Math.round(v)}`, legend: ["validation", "training"] }),
  f1: new Chart($("curves"), "Macro F1", { format: v => v.toFixed(2), formatX: v => `epoch ${Math.round(v)}`, legend: ["validation", "training"] }),
};

function take(message) {
  state = message.state;
  every = message.every_s;
  points = points.slice(0, message.from).concat(message.points);
  show();
}

function show() {
  const s = state;
  if (s.cluster && s.phase === "waiting" && s.cluster.units) s.phase = "running";
  const ran = ["done", "failed", "interrupted"].includes(s.phase);
  $("name").textContent = s.run || s.flow || "hpaflow";
  document.title = `${s.run || s.flow || "hpaflow"}: ${s.total && !ran ? percent(s.out / s.total) : s.phase}`;
  $("phase").textContent = s.phase === "done" && s.code === 3 ? "done, with dead letters" : s.finishing ? "putting results in place" : s.phase;
  $("phase").className = `phase ${s.phase}`;
  $("at").textContent = s.at || "";
  $("at").hidden = !s.at;
  const share = s.total ? s.out / s.total : s.phase === "done" ? 1 : 0;
  $("done").style.width = percent(share);
  $("progress").hidden = !s.total && !ran || !!s.cluster;
  $("progress").setAttribute("aria-valuenow", Math.round(100 * share));
  facts($("facts"), [
    ["running for", span(s.t_s)],
    s.steps.length ? ["this step", span(s.wall_s)] : null,
    s.stages.length ? ["records out", s.total ? `${whole(s.out)} of ${whole(s.total)}` : whole(s.out)] : null,
    s.stages.length ? [ran || s.resting ? "on average" : "now", rate(s.rate)] : null,
    s.left_s && !ran ? [s.steps.length ? "left of this step" : "left", `about ${span(s.left_s)}`] : null,
    s.cores ? ["cores busy", `${s.cores_busy.toFixed(1)} of ${s.cores}`] : null,
    s.memory_limit_bytes ? ["in flight", `${bytes(s.memory_bytes)} of ${bytes(s.memory_limit_bytes)}`] : null,
    s.process_bytes ? ["process", bytes(s.process_bytes)] : null,
    ["dead letters", whole(s.dead_letters), s.dead_letters ? "fault" : ""],
  ]);
  const verdict = ran || s.resting ? s.bottleneck_overall : s.bottleneck || s.bottleneck_overall;
  $("verdict").hidden = !verdict || !!s.cluster;
  $("advice").textContent = verdict ? verdict.advice : "";
  $("trouble").hidden = !s.cause;
  $("trouble").textContent = s.cause || "";
  if (s.cluster) showCluster(s.cluster);
  $("flow").hidden = !s.stages.length || !!s.cluster;
  if (!$("flow").hidden) graph.show(s);
  showStage(graph.picked);
  showHistory();
  showTraining();
  showLists();
}

// stageFacts are the numbers of the stage that is picked.
function showStage(name) {
  const s = state && state.stages.find(s => s.name === name);
  $("stage").hidden = !s;
  if (!s || looking && looking !== s.name) look(null);
  if (!s) return;
  $("stage-name").textContent = `${s.kind} ${s.name}`;
  facts($("stage-facts"), [
    ["in", whole(s.in)], ["out", whole(s.out)], ["rate", rate(s.rate)], ["bytes", `${bytes(s.bytes_per_s)}/s`], ["workers", s.workers],
    s.room ? ["queue before it", `${s.queued} of ${s.room}`] : null,
    s.complete ? ["done before", whole(s.complete)] : null, s.skipped ? ["skipped", whole(s.skipped)] : null,
    s.errors ? ["failed", whole(s.errors), "fault"] : null,
    ["busy, since it began", percent(s.all.busy)], ["starved", percent(s.all.starved)], ["blocked", percent(s.all.blocked)],
    s.device ? [s.device.name, `${percent(s.device.busy)} busy, ${bytes(s.device.memory_bytes)}`] : null,
  ]);
  $("stage-look").hidden = !s.shows || !events;
}

// What passes is asked for as long as somebody looks, and is not else.
let looking = null, timer = 0;
$("look").addEventListener("click", () => look(looking ? null : graph.picked));

function look(stage) {
  clearTimeout(timer);
  looking = stage;
  $("look").textContent = stage ? "Stop" : "Show what passes";
  $("look-says").textContent = stage ? "waiting for the next record" : "";
  $("seen").replaceChildren();
  if (stage) ask(stage);
}

async function ask(stage) {
  try {
    const { items } = await (await fetch(`/look?stage=${encodeURIComponent(stage)}`)).json();
    if (looking !== stage) return;
    if (items.length) $("look-says").textContent = "one in a while, the last one first";
    $("seen").className = items.some(i => i.picture) ? "" : "values";
    const there = new Map([...$("seen").children].map(li => [li.dataset.n, li]));
    $("seen").replaceChildren(...items.map(i => there.get(String(i.n)) || seen(i)));
  } catch {
    $("look-says").textContent = "the run does not answer";
  }
  if (looking === stage) timer = setTimeout(() => ask(stage), 1500);
}

function seen(i) {
  const li = make("li", {}, make("b", { textContent: i.key }), make("span", { textContent: i.text }));
  li.dataset.n = i.n;
  if (i.picture) li.prepend(make("img", { src: `/look/${i.n}`, alt: `${i.key}: ${i.text}` }));
  return li;
}

function showHistory() {
  $("history").hidden = !points.length || !!state.cluster;
  if ($("history").hidden) return;
  const of = p => state.steps.length ? (state.steps.find(s => s.flow === p.flow) || {}).name || `flow ${p.flow}` : "";
  const borders = points.filter((p, i) => i && p.flow !== points[i - 1].flow).map(p => p.at - p.span);
  const named = list => state.steps.length ? i => of(list[i]) : undefined;
  const last = points[points.length - 1], when = state.phase === "running" ? "now" : "at the end";
  // A moment's pace, at the end of a short flow, says little.
  const most = Math.max(...points.filter(p => p.span > every / 2).map(p => p.rate), last.rate, 1e-9);
  const out = stepped(points, p => p.rate), memory = stepped(points, p => p.memory), process = stepped(points, p => p.process), cores = stepped(points, p => p.cores);
  charts.rate.show({ x: out.x, series: [out.y], borders, area: true, from: 0, of: named(out.of), high: nice(most), says: `${rate(last.rate)} ${when}, ${rate(most)} at most` });
  charts.memory.show({ x: memory.x, series: [memory.y, process.y], borders, area: true, from: 0, high: binary(Math.max(...memory.y, ...process.y)), of: named(memory.of), says: `${bytes(last.memory)} and ${bytes(last.process)} ${when}` });
  charts.cores.show({ x: cores.x, series: [cores.y], borders, area: true, from: 0, high: Math.max(state.cores, ...cores.y), of: named(cores.of), says: `${last.cores.toFixed(1)} of ${state.cores} ${when}` });
  const mine = points.filter(p => p.flow === state.number && p.queues && p.queues.length === state.stages.length && p.busy);
  $("queues").hidden = $("queues-title").hidden = !mine.length;
  $("queues").nextElementSibling.hidden = !mine.length;
  if (!mine.length) return;
  $("queues").replaceChildren(...state.stages.map((s, k) => make("div", { className: "row" },
    make("span", { className: "called", textContent: s.name, title: s.name }), strip(mine, k, 400), make("span", { textContent: s.room ? `${s.queued}/${s.room}` : percent(s.busy) }))));
}

// binary is the next round number of bytes above.
function binary(v) {
  let unit = 1;
  while (v / unit >= 750) unit *= 1024;
  return nice(v / unit) * unit;
}

function showTraining() {
  const trained = state.curves.filter(c => c.epochs.length);
  $("training").hidden = !trained.length;
  if (!trained.length) return;
  const c = trained[trained.length - 1], x = c.epochs.map(e => e.epoch);
  const val = read => c.epochs.map(e => e.val ? read(e.val) : null), train = read => c.epochs.map(e => read(e.train));
  const last = c.epochs[c.epochs.length - 1], of = last.val || last.train;
  $("training-of").textContent = c.step || "";
  const losses = [val(v => v.loss), train(v => v.loss)], scores = [val(v => v.f1_present), train(v => v.f1_present)];
  charts.loss.show({ x, series: losses, says: `${of.loss.toPrecision(3)} at epoch ${last.epoch}` });
  charts.f1.show({ x, series: scores, high: 1, says: `${of.f1_present.toFixed(3)} over labels that occur` });
  rows($("runs"), trained.map(c => {
    const score = e => (e.val || e.train).f1, best = c.epochs.reduce((a, b) => score(b) > score(a) ? b : a), end = c.epochs[c.epochs.length - 1];
    return { cells: [c.step || c.stage, end.epoch + 1, score(best).toFixed(4), best.epoch, (end.val || end.train).loss.toPrecision(4)] };
  }));
}

const marks = { waiting: "·", running: "▶", done: "✓", failed: "✕", interrupted: "‖" };

function showLists() {
  const s = state;
  $("steps").hidden = !s.steps.length;
  $("steps-of").textContent = `${s.steps_of[0]} of ${s.steps_of[1]} done`;
  rows($("step-list"), s.steps.map(t => ({ cells: [t.name, [`${marks[t.state] || ""} ${t.state}${t.cause ? `: ${t.cause}` : ""}`, `${t.state} ${t.cause ? "long" : ""}`],
    t.state === "running" ? span(s.wall_s) : t.wall_s ? span(t.wall_s) : "–", t.flow ? whole(t.state === "running" ? s.out : t.records) : "–", t.dead_letters ? whole(t.dead_letters) : "–"] })));
  $("lost").hidden = !s.lost.length;
  rows($("causes"), s.lost.map(l => ({ cells: [whole(l.count), `${l.stage}${l.skipped ? " (skipped)" : ""}`, [l.cause + (l.file ? ` (${l.file})` : ""), "long"], [l.keys.join(", "), "long"]] })));
  $("numbers").hidden = !s.stages.length;
  rows($("stages"), s.stages.map(t => ({ cls: s.bottleneck && s.bottleneck.stage === t.name ? "limits" : "", cells: [
    t.name + (t.device ? ` on ${t.device.name}` : ""), [t.kind, "text"], t.workers, whole(t.in), whole(t.out), number(t.rate), bytes(t.bytes_per_s), whole(t.errors), whole(t.skipped), whole(t.complete),
    t.room ? `${t.queued}/${t.room}` : "–", percent(t.all.busy), percent(t.all.starved), percent(t.all.blocked)] })));
  $("told").hidden = !s.notes.length;
  $("notes").replaceChildren(...s.notes.toReversed().map(n => make("li", {}, make("time", { textContent: span(n.at) }), make("span", { textContent: `${n.stage}: ${n.text}`, className: n.text.includes("\n") ? "table" : "" }))));
}

function showCluster(c) {
  $("cluster").hidden = false;
  $("name").textContent = c.flow || state.run || "hpaflow";
  $("units").style.width = `${100 * c.done / (c.units || 1)}%`;
  const did = c.workers_did;
  $("counts").textContent = [c.units && c.done >= c.units ? "all units are done" : c.left_s ? `about ${span(c.left_s)} left` : "how long it takes is not known yet",
    `${c.done} of ${c.units} units done`, `${c.in_flight} in flight`, `${c.waiting} waiting`,
    `${c.units_per_s.toFixed(2)} units/s`, `${did.records} records`, `${did.dead_letters} dead letters`,
    `${did.redelivered} redelivered`, `${did.failed} failed`, `${(c.exhausted || []).length} given up`].join(" · ");
  rows($("workers"), c.workers.map(w => ({ cells: [w.worker, w.unit < 0 ? "–" : w.unit + (w.delivery > 1 ? `, time ${w.delivery}` : ""), w.unit < 0 ? "–" : `${w.records || 0}/${w.of || "?"}`,
    w.done.units, w.done.records, w.done.dead_letters, w.done.failed, [w.trouble || "", "long"]] })));
  $("failures").replaceChildren(...(c.failures || []).map(f => make("li", { textContent: `${new Date(f.at).toLocaleTimeString()} ${f.worker}: ${f.cause}` })));
}

let events = null;
if ($("data")) { // a report
  document.body.classList.add("report");
  $("links").remove();
  take(JSON.parse($("data").textContent));
} else {
  events = new EventSource("/events");
  events.onmessage = e => {
    const message = JSON.parse(e.data);
    if (message.last) { // nothing more comes
      events.close();
      events = null;
      $("links").hidden = true; // nobody answers there
    }
    take(message);
  };
  events.onerror = () => {
    if (!events) return;
    $("phase").textContent = "the run does not answer; this page goes on when it does";
    $("phase").className = "phase away";
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  };
}
