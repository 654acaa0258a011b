// Link health over time, drawn by Chart.js, which the daemon serves from its Debian package.
// Colour, dash and marker tell the same, and each plot has a table of its figures: nothing is told by
// the picture alone.

import { $, el } from "./page.js";

const END = { board: "board", ground: "ground" };
const SAMPLE_MS = 10000; // how often the daemon samples; after three missed ones the line breaks
const MARKERS = 20; // on one line, however many samples it has
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];
const SHAPES = ["circle", "triangle", "rect", "rectRot"];
const COLOURS = ["--series-1", "--series-2", "--series-3", "--series-4"];

// rate: of a counter, per second; more: what a counter grew by between two samples; now: as it is.
const series = (end, counter, name, kind = "more", scale = 1) => ({ end, counter, name, kind, scale });
const PANELS = [
  { id: "rate", title: "Rate", unit: "bytes/s", series: [
    series(END.board, "rx_bytes", "to the board", "rate"), series(END.ground, "rx_bytes", "to the ground", "rate")] },
  { id: "round-trip", title: "Round trip", unit: "ms", series: [
    series(END.ground, "round_trip_us", "ping", "now", 1e-3)] },
  { id: "damage", title: "Damaged frames (CRC)", unit: "new ones", series: [
    series(END.board, "crc_errors", "seen by the board"), series(END.ground, "crc_errors", "seen by the ground")] },
  { id: "loss", title: "Loss", unit: "new ones", series: [
    series(END.ground, "retransmissions", "requests repeated"), series(END.board, "rx_dropped", "bytes, board's ring full"),
    series(END.board, "frames_unsent", "frames not sent, no room"), series(END.board, "rx_errors", "overruns, framing (UART)")] },
  { id: "resyncs", title: "Resyncs", unit: "new ones", series: [
    series(END.board, "resyncs", "board"), series(END.ground, "resyncs", "ground")] },
  { id: "credit", title: "Credit and rings", unit: "bytes", series: [
    series(END.board, "credit", "the board can take", "now"), series(END.board, "rx_high_water", "receive ring, most", "now"),
    series(END.board, "tx_high_water", "transmit ring, most", "now")] },
  { id: "refused", title: "Refused by the board", unit: "new ones", series: [
    series(END.board, "mac_errors", "wrong code"), series(END.board, "replay_errors", "replayed"),
    series(END.board, "session_errors", "no such session"), series(END.board, "decode_errors", "not understood")] },
  { id: "work", title: "Board's work", unit: "new ones", series: [
    series(END.board, "frames_good", "frames taken"), series(END.board, "frames_sent", "frames sent"),
    series(END.board, "budget_exhausted", "slots out of budget")] },
];

const samples = { board: [], ground: [] };
const charts = new Map();

// Samples newer than those that are here.
export function addHealth(health) {
  for (const end of Object.values(END)) samples[end].push(...(health[end] ?? []));
}

export const newestHealth = () => samples.board.at(-1)?.[0] ?? 0;

// Where a counter has run back (the board or the link began anew) or samples are missing, there is a
// hole in the line, not a line across it.
export function points({ end, counter, kind, scale }) {
  const found = [];
  let last = null;
  for (const [at_us, counters] of samples[end]) {
    const x = at_us / 1000, value = counters[counter];
    if (typeof value !== "number") continue;
    if (last && x - last.x > 3 * SAMPLE_MS) found.push({ x: last.x + 1, y: null });
    if (kind === "now") found.push({ x, y: value * scale });
    else if (last && value < last.value) found.push({ x, y: null });
    else if (last && x > last.x) found.push({ x, y: kind === "rate" ? (value - last.value) / ((x - last.x) / 1000) : value - last.value });
    last = { x, value };
  }
  return found;
}

let loading = null;
function chartLibrary() {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(el("script", { src: "chart.js", onload: () => resolve(globalThis.Chart), onerror: async () => {
      const told = await fetch("chart.js").then((answer) => answer.text()).catch((error) => error.message);
      loading = null; // tried again with the next look
      reject(new Error(told.trim()));
    } }));
  });
  return loading;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const figure = (value) => (value === null || value === undefined ? "-" : value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

function panelBox(panel) {
  const rows = panel.series.map((one, n) => el("tr", { "data-series": one.name },
    el("td", { class: `key key-${n + 1}`, text: `${["●", "▲", "■", "◆"][n]} ${one.name}` }),
    el("td", { class: "number" }), el("td", { class: "number" }), el("td", { class: "number" })));
  return el("figure", { class: "plot", id: `plot-${panel.id}` },
    el("figcaption", { text: `${panel.title} (${panel.unit})` }),
    el("div", { class: "canvas" }, el("canvas", { role: "img" })),
    el("table", {}, el("thead", {}, el("tr", {}, el("th", { text: "" }), ...["newest", "most", "total"].map((text) => el("th", { class: "number", text })))),
      el("tbody", {}, ...rows)));
}

// Total: what the counter has counted since its end began; for what is not counted there is none.
function fillTable(box, panel, lines) {
  panel.series.forEach((one, n) => {
    const values = lines[n].map((point) => point.y).filter((y) => y !== null), cells = box.querySelectorAll("tbody tr")[n].children;
    cells[1].textContent = figure(values.at(-1));
    cells[2].textContent = values.length ? figure(values.reduce((most, y) => Math.max(most, y))) : "-";
    cells[3].textContent = one.kind === "now" ? "" : figure(samples[one.end].at(-1)?.[1][one.counter]);
  });
}

function makeChart(Chart, canvas, panel) {
  const text = colour("--text"), line = colour("--line");
  const axis = { grid: { color: line }, ticks: { color: text } };
  return new Chart(canvas, {
    type: "line",
    data: { datasets: panel.series.map((one, n) => ({
      label: one.name, data: [], borderColor: colour(COLOURS[n]), backgroundColor: colour(COLOURS[n]), borderDash: DASHES[n],
      pointStyle: SHAPES[n], borderWidth: 1.5, spanGaps: false,
      pointRadius: (at) => (at.dataIndex % Math.ceil(at.dataset.data.length / MARKERS) ? 0 : 3.5) })) },
    options: {
      animation: false, parsing: false, maintainAspectRatio: false, normalized: true,
      scales: {
        x: { type: "linear", ...axis, ticks: { color: text, maxTicksLimit: 5, maxRotation: 0, callback: clock } },
        y: { ...axis, beginAtZero: true, ticks: { color: text, maxTicksLimit: 5, precision: panel.unit === "new ones" ? 0 : undefined, callback: figure } } },
      plugins: { legend: { display: false }, tooltip: { callbacks: {
        title: (items) => `${clock(items[0].parsed.x)} UTC`, label: (item) => `${item.dataset.label}: ${figure(item.parsed.y)} ${panel.unit}` } } },
    },
  });
}

// All panels, from the samples that are here.
export async function drawHealth() {
  let Chart = null;
  try {
    Chart = await chartLibrary();
    $("plots-note").textContent = samples.board.length < 2 ? "Lines begin with the second sample." : "";
  } catch (error) {
    $("plots-note").textContent = error.message;
  }
  for (const panel of PANELS) {
    const lines = panel.series.map(points);
    let box = $(`plot-${panel.id}`);
    if (!box) $("plots").append(box = panelBox(panel));
    fillTable(box, panel, lines);
    const canvas = box.querySelector("canvas");
    canvas.setAttribute("aria-label", `${panel.title}, ${lines[0].length} samples; the table below has the figures`);
    canvas.parentElement.hidden = !Chart;
    if (!Chart) continue;
    if (!charts.has(panel.id)) charts.set(panel.id, makeChart(Chart, canvas, panel));
    const chart = charts.get(panel.id);
    chart.data.datasets.forEach((dataset, n) => { dataset.data = lines[n]; });
    chart.update();
  }
  const last = (end) => samples[end].at(-1)?.[1] ?? {}, board = last("board"), ground = last("ground");
  $("counters").replaceChildren(...[...new Set([...Object.keys(board), ...Object.keys(ground)])].map((name) => el("tr", {},
    el("td", { text: name }), el("td", { class: "number", text: board[name] ?? "" }), el("td", { class: "number", text: ground[name] ?? "" }))));
}
