// The page of `xmg web`: what the daemon tells over /ws, and commands with confirmation and stages.
// Nothing is loaded from elsewhere; what comes from a board is text, never markup.

import { $, boardTime, el, utc, word } from "./page.js";
import { addHealth, drawHealth, newestHealth } from "./plots.js";
import { ASKED_S, drawTimeline } from "./timeline.js";

const MARKS = { debug: "D ·", info: "I ○", warn: "W ▲", error: "E ■", critical: "C ◆" };
const GONE = "the daemon has gone";
const ROW_HEIGHT = 20, MOST_ROWS = 100000, PAGE_ROWS = 10000, POLL_MS = 2000, STALE_MS = 3 * POLL_MS, LEASE_S = 120;

// ---- the daemon ------------------------------------------------------------------------------

class Daemon {
  constructor() {
    this.calls = new Map();
    this.next = 1;
    this.open = false;
    this.tried = false; // whether it is known yet if the daemon can be reached
    this.onchange = () => {};
    this.onleaselost = () => {};
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    this.socket.onopen = () => { this.open = this.tried = true; this.onchange(); };
    this.socket.onmessage = (message) => this.take(JSON.parse(message.data));
    this.socket.onclose = () => {
      this.open = false;
      this.tried = true;
      for (const call of this.calls.values()) call.reject(new Error(GONE));
      this.calls.clear();
      this.onchange();
      setTimeout(() => this.connect(), 1000);
    };
  }

  take(told) {
    if (told.lease_lost) this.onleaselost(told.lease_lost.by);
    const call = this.calls.get(told.id);
    if (!call) return;
    if ("stage" in told) call.more.stage?.(told.stage);
    else if ("row" in told) call.more.row?.(told.row);
    else if ("gap" in told) call.more.gap?.(told.gap);
    else if ("result" in told || "error" in told) {
      this.calls.delete(told.id);
      if (told.error) call.reject(Object.assign(new Error(told.error.message), told.error));
      else call.resolve(told.result);
    }
  }

  call(name, args = {}, more = {}) {
    if (!this.open) return Promise.reject(new Error("the daemon is not there"));
    const id = this.next++;
    this.socket.send(JSON.stringify({ id, call: name, args, timeout_s: 15 }));
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject, more }));
  }
}

const daemon = new Daemon();
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) history.replaceState(null, "", location.pathname); // not in screenshots or bookmarks
const holder = `web ${Math.random().toString(36).slice(2, 6)}`;
const state = { mayCommand: false, leased: false, partitions: [], plans: [], planState: null, status: null, view: "board" };

daemon.onleaselost = (by) => {
  state.leased = false;
  alarm("lease", `${by} has taken command away from this page`);
  showHeader();
};
daemon.onchange = async () => {
  state.leased = state.mayCommand = false;
  if (daemon.open) {
    if (token) {
      try {
        await daemon.call("auth", { token });
        state.mayCommand = true;
      } catch (error) { alarm("token", error.message); }
    }
    if (state.view === "logbook") showLog();
    poll();
  }
  showHeader();
};

// ---- what is wrong, at the top ---------------------------------------------------------------

const alarms = new Map();
function alarm(what, text) {
  if (text) alarms.set(what, text); else alarms.delete(what);
  $("alarm").hidden = alarms.size === 0;
  const all = [...alarms].sort(([one], [other]) => (other === "lost") - (one === "lost")).map(([, said]) => said).join(" — ");
  if ($("alarm-text").textContent !== all) $("alarm-text").textContent = all; // read aloud once
}

// How old what is shown is: since the board was asked for it. Of two clocks the later one counts:
// one stands still while the computer sleeps, the other may be set back.
const clockNow = () => [performance.now(), Date.now()];
let shownSince = null;
const shownAgeMs = () => (shownSince === null ? null : Math.max(...clockNow().map((now, n) => now - shownSince[n])));
const isStale = () => shownSince === null || shownAgeMs() > STALE_MS;

function lostText() {
  const link = state.status?.link;
  if (!daemon.open) return daemon.tried ? "CONNECTION LOST: the daemon is not reached." : "";
  if (link && !link.open) return `CONNECTION LOST: the link ${link.url} is not open: ${link.why}.`;
  return shownSince !== null && isStale() ? "STALE DATA: the board does not answer." : "";
}

function showAge() {
  const age = shownAgeMs(), lost = lostText(), seconds = age === null ? "" : `${Math.floor(age / 1000)} s old`;
  alarm("lost", lost);
  const isOld = (age !== null && isStale()) || lost !== ""; // before the first answer there is nothing that could be old
  $("age").textContent = age === null ? "nothing yet" : isStale() ? `STALE, ${seconds}` : seconds;
  $("alarm-age").textContent = lost && age !== null ? `What is shown is ${seconds}.` : "";
  document.body.classList.toggle("stale", isOld);
  document.title = `${isOld ? "(STALE) " : ""}${$("target").textContent} ground station`;
  for (const button of document.querySelectorAll("button[data-command]")) {
    button.disabled = !state.leased || isOld || age === null;
    button.title = isOld ? "what is shown is old" : age === null ? "nothing is known of the board yet" : state.leased ? "" : "press Take command first";
  }
}
setInterval(showAge, 500);
document.addEventListener("visibilitychange", () => { showAge(); poll(); });

function linkText(status) {
  if (!daemon.open) return daemon.tried ? "DAEMON GONE" : "connecting";
  if (!status) return "connecting"; // the daemon has not said yet
  return status.link.open ? `${status.link.url} open` : "NOT OPEN";
}

function showHeader() {
  const status = state.status, link = status?.link;
  alarm("key", link?.keyless ? "NOT AUTHENTICATED: anybody on the line may command the board." : "");
  alarm("archive", status?.gather?.archive_error ? `Nothing is filed: ${status.gather.archive_error}` : "");
  $("target").textContent = status?.gather?.target || "xm";
  $("link").textContent = linkText(status);
  const left = typeof status?.lease_left_s === "number" ? `, ${Math.ceil(status.lease_left_s)} s` : "";
  $("holder").textContent = status?.holder ? `${status.holder}${state.leased ? " (this page)" : ""}${left}` : "nobody";
  $("lease").hidden = !state.mayCommand;
  $("lease").textContent = state.leased ? "Give command back" : "Take command";
  showAge();
}

// A board that has begun anew counts from the start: its figures must not pass for the old ones'.
function noteBoot(system) {
  if (!state.system || state.system.boot_id === system.boot_id) return;
  clocks.clear();
  slotsOf.clear();
  $("restarted-text").textContent = `THE BOARD HAS RESTARTED: boot ${word(state.system.boot_id)} → ${word(system.boot_id)}, seen at ${utc(Date.now() * 1000)}.`;
  $("restarted").hidden = false;
}

async function lease() {
  try {
    if (state.leased) await daemon.call("lease.release", { holder });
    else await daemon.call("lease.take", { holder, seconds: LEASE_S });
    state.leased = !state.leased;
    alarm("lease", "");
  } catch (error) { alarm("lease", error.message); }
  state.status = await daemon.call("status").catch(() => state.status);
  showHeader();
}

// ---- polling ---------------------------------------------------------------------------------

let polling = false;
async function poll() {
  if (polling || !daemon.open) return;
  polling = true;
  try {
    state.status = await daemon.call("status");
    if (!state.status.holder) alarm("lease", ""); // whoever was in the way is so no more
    state.leased &&= state.status.holder === holder; // it may have run out, or been released for us
    if (state.leased && (state.status.lease_left_s ?? 0) < LEASE_S / 2) {
      await daemon.call("lease.take", { holder, seconds: LEASE_S });
    }
    if (state.status.link.open) await refresh();
    alarm("poll", "");
  } catch (error) { alarm("poll", error.message); }
  polling = false;
  showHeader();
}
setInterval(poll, POLL_MS);

async function refresh() {
  const asked = clockNow();
  const [partitions, [plans, planState], system] = await Promise.all([
    daemon.call("partitions"), daemon.call("plans"), daemon.call("system_state")]);
  noteBoot(system);
  Object.assign(state, { partitions, plans, planState, system });
  shownSince = asked;
  $("board-time").textContent = `${boardTime(system.board_time_us)}, boot ${word(system.boot_id)}`;
  const running = plans.find((plan) => plan.id === planState.current);
  $("plan-now").textContent = `${planState.current} ${running?.name ?? ""}`;
  if (state.view === "board") await showPartitions();
  if (state.view === "plan") await showPlan();
  if (state.view === "consoles") showConsoleChoice();
  if (state.view === "health") await showHealth();
}

// ---- partitions ------------------------------------------------------------------------------

const slotsOf = new Map();
async function plannedShare(partition) {
  const plan = state.plans.find((one) => one.id === state.planState.current);
  if (!plan) return null;
  if (!slotsOf.has(plan.id)) slotsOf.set(plan.id, await daemon.call("slots", { plan: plan.id }));
  const us = slotsOf.get(plan.id).filter((slot) => slot.partition === partition).reduce((sum, slot) => sum + slot.duration_us, 0);
  return us / plan.major_frame_us;
}

const clocks = new Map(); // partition -> [execution clock, board time] of the last poll
function usedShare(partition) {
  const now = [partition.exec_clock_us, state.system.board_time_us], last = clocks.get(partition.id);
  clocks.set(partition.id, now);
  if (!last || now[1] <= last[1] || now[0] < last[0]) return null;
  return (now[0] - last[0]) / (now[1] - last[1]);
}

const ACTIONS = [["reset_warm", "reset warm"], ["reset_cold", "reset cold"], ["suspend", "suspend"], ["resume", "resume"], ["halt", "halt"],
  ["shutdown", "shut down"]];
const percent = (share) => (share === null ? "-" : `${(100 * share).toFixed(1)} %`);

async function showPartitions() {
  const rows = [];
  for (const partition of state.partitions) {
    const planned = await plannedShare(partition.id), used = usedShare(partition);
    const buttons = partition.system ? [] : ACTIONS.map(([action, name]) => el("button", {
      type: "button", "data-command": action, "data-partition": partition.name, text: name,
      onclick: () => controlPartition(partition, action, name) }));
    buttons.push(el("button", { type: "button", "data-console": partition.name, text: "console", onclick: () => showConsoleOf(partition) }));
    rows.push(el("tr", { "data-partition": partition.name },
      el("td", { text: partition.id }), el("td", { text: partition.name + (partition.system ? " (system)" : "") }),
      el("td", { text: partition.state, class: `state-${partition.state}` }), el("td", { class: "number", text: partition.reset_counter }),
      el("td", { class: "number", text: percent(used) }), el("td", { class: "number", text: percent(planned) }),
      el("td", { class: "number", text: percent(used === null || !planned ? null : used / planned) }),
      el("td", { class: "number", text: partition.messages_in }), el("td", { class: "number", text: partition.messages_out }),
      el("td", {}, ...buttons)));
  }
  replaceKeepingFocus($("partitions"), rows);
}

// The tables are made anew with each poll; who walks through them by keyboard must not lose his
// place: a button is the same if it says the same of itself.
const sameButton = (one) => (other) => ["command", "partition", "plan", "console"].every((key) => one[key] === other.dataset[key]);

function replaceKeepingFocus(body, rows) {
  const at = body.contains(document.activeElement) ? { ...document.activeElement.dataset } : null;
  body.replaceChildren(...rows);
  showAge();
  if (at) [...body.querySelectorAll("button")].find(sameButton(at))?.focus();
}

function controlPartition(partition, action, name) {
  const asks = action === "shutdown" ? " It is asked to finish by itself, and may take its time." : "";
  command(`${name} partition ${partition.name}?`,
    `Partition ${partition.id} ${partition.name} is ${partition.state}; resets since it was loaded: ${partition.reset_counter}.${asks}`,
    name, async (stage) => {
      const before = (await daemon.call("partitions")).find((one) => one.id === partition.id);
      const after = await daemon.call("control_partition", { before, action, status: 0 }, { stage });
      if (!after) return "done";
      const resets = `resets ${before.reset_counter} → ${after.reset_counter}`;
      // It may have been halted by a fault meanwhile: only what was seen is known.
      if (action === "shutdown") return `${partition.name} was seen ${after.state}, was ${before.state}; whether a fault came in between, the logbook tells`;
      return `${partition.name} is ${after.state}, ${resets}${action === "reset_cold" ? " (a cold reset starts the count anew)" : ""}`;
    });
}

// ---- the whole system ------------------------------------------------------------------------

function resetSystem(mode) {
  const kept = mode === "warm" ? "Partitions keep their memory." : "All images are loaded again.";
  command(`Reset the whole system, ${mode}?`,
    `This stops every partition of ${$("target").textContent}, the supervisor too, and starts the hypervisor anew. ${kept}`,
    "reset the system", async (stage) => {
      const before = (await daemon.call("system_state")).boot_id;
      const after = await daemon.call("control_system", { action: `reset_${mode}` }, { stage });
      return `boot ${word(before)} → ${word(after)}`;
    }, "reset");
}

// ---- plans -----------------------------------------------------------------------------------

async function showPlan() {
  replaceKeepingFocus($("plans"), state.plans.map((plan) => el("tr", { "data-plan": plan.name },
    el("td", { text: plan.id }), el("td", { text: plan.name }), el("td", { class: "number", text: `${plan.major_frame_us / 1000} ms` }),
    el("td", { class: "number", text: plan.slot_count }), el("td", { text: plan.supervisor_slot ? "yes" : "NO: cannot be switched to" }),
    el("td", { text: plan.id === state.planState.current ? "now" : plan.id === state.planState.requested ? "next" : "" }),
    el("td", {}, el("button", { type: "button", "data-command": "switch", "data-plan": plan.name, text: "switch to",
      onclick: () => switchPlan(plan) })))));
  if (!$("hold").checked) await showTimeline();
}

async function showTimeline() {
  const timeline = await daemon.call("timeline", { seconds: ASKED_S });
  drawTimeline(timeline, state.partitions, state.planState.current, state.system.board_time_us, Number($("span").value) * 1e6);
}

function switchPlan(plan) {
  const now = state.plans.find((one) => one.id === state.planState.current);
  command(`Switch to plan ${plan.name}?`, `From plan ${now.id} ${now.name} at the end of its major frame of ${now.major_frame_us / 1000} ms.`,
    `switch to ${plan.name}`, async (stage) => {
      const done = await daemon.call("switch_plan", { plan: plan.id, wait: true }, { stage });
      return `plan ${done.state.previous} → ${done.state.current} from frame ${done.state.switch_frame}, board time ${boardTime(done.state.switch_time_us)}`;
    });
}

// ---- logbook: virtualised, only what is seen is in the document -------------------------------

let logRows = [], following = 0;
const log = { more: false };
const logBox = $("log");
logBox.addEventListener("scroll", drawSoon);

// However many rows come, or scrolls, the log is drawn once for each picture on the screen.
let isDrawing = false, haveRowsCome = false;
function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    const atEnd = logBox.scrollTop + logBox.clientHeight >= $("log-space").offsetHeight - ROW_HEIGHT;
    isDrawing = false;
    drawLog();
    if (haveRowsCome) {
      tellRows();
      if (atEnd) logBox.scrollTop = logBox.scrollHeight;
    }
    haveRowsCome = false;
  });
}

function drawLog() {
  const first = Math.max(0, Math.floor(logBox.scrollTop / ROW_HEIGHT) - 10);
  const count = Math.ceil(logBox.clientHeight / ROW_HEIGHT) + 20;
  $("log-space").style.height = `${logRows.length * ROW_HEIGHT}px`;
  $("log-rows").style.top = `${first * ROW_HEIGHT}px`;
  $("log-rows").replaceChildren(...logRows.slice(first, first + count).map(logRow));
}

// What an estimate is worth stands beside it; when the ground got a row is not when it happened.
const LOG_COLUMNS = ["", "UTC, estimated", "± ms", "received", "board time", "book", "number", "partition", "event", "detail"];
$("log-head").append(...LOG_COLUMNS.map((text) => el("span", { role: "columnheader", text })));

function logRow(row) {
  const isKnown = typeof row.utc_us === "number", error = row.utc_error_us;
  const cells = [MARKS[row.severity] ?? row.severity, isKnown ? utc(row.utc_us) : "unknown", isKnown && typeof error === "number" ? (error / 1000).toFixed(1) : "",
    utc(row.received_us).slice(11, 23), boardTime(row.time_us), row.book, row.seq, row.partition_name ?? "",
    row.kind === "gap" ? "GAP" : row.event_name ?? "", row.detail || row.text || ""];
  const made = el("div", { class: `row ${row.kind === "gap" ? "gap" : row.severity}`, role: "row",
    title: `${row.event_name ?? ""} ${row.detail || row.text || ""}\nboot ${word(row.boot_id)}, received ${utc(row.received_us)}` });
  made.append(...cells.map((text) => el("span", { role: "cell", text })));
  return made;
}

function logQuestion() {
  const parts = [];
  if ($("severity").value) parts.push(`sev>=${$("severity").value}`);
  if ($("filter").value.trim()) parts.push(`(${$("filter").value.trim()})`);
  return { books: $("book").value ? [$("book").value] : ["hm", "trace", "event", "command"], filter: parts.join(" and ") || null };
}

// Followed first, asked then: so no row is missed, and those that come twice are left out.
let question = 0;
async function showLog() {
  const mine = ++question, came = [];
  let take = (row) => came.push(row);
  follow((row) => { if (mine === question) take(row); });
  try {
    const found = await daemon.call("archive.query", { ...logQuestion(), newest: true, limit: PAGE_ROWS });
    if (mine !== question) return; // another one was asked meanwhile
    const known = new Set(found.map(rowKey));
    logRows = found.concat(came.filter((row) => !known.has(rowKey(row))));
    log.more = found.length >= PAGE_ROWS;
    tellRows();
  } catch (error) {
    if (mine !== question) return;
    logRows = [];
    $("log-note").textContent = `Nothing is shown: ${error.message}`;
  }
  take = addRow;
  drawLog();
  logBox.scrollTop = logBox.scrollHeight;
}

const rowKey = (row) => [row.target, row.boot_id, row.book, row.source, row.kind, row.seq, row.last].join();

function tellRows() {
  $("log-note").textContent = `${logRows.length} rows${log.more ? "; older ones are left out" : ""}; new ones follow.`;
}

function addRow(row) {
  logRows.push(row);
  if (logRows.length > MOST_ROWS) {
    logRows.splice(0, logRows.length - MOST_ROWS);
    log.more = true;
  }
  haveRowsCome = true;
  drawSoon();
}

// What the daemon could not send in time is in the archive; here it is a gap, and shown as one.
const droppedRow = ({ dropped }) => ({ kind: "gap", severity: "warn", book: "", seq: "", received_us: Date.now() * 1000,
  detail: `${dropped} rows were not sent to this page: press Show to read them` });

function follow(row) {
  if (following) daemon.call("stop", { call: following }).catch(() => {});
  following = daemon.next;
  daemon.call("follow", logQuestion(), { row, gap: (gap) => row(droppedRow(gap)) }).catch((error) => {
    if (daemon.open) $("log-note").textContent = error.message;
  });
}

// ---- consoles --------------------------------------------------------------------------------

function showConsoleChoice() {
  const choice = $("console-partition");
  if ([...choice.options].map((option) => option.text).join() !== state.partitions.map((one) => one.name).join()) {
    choice.replaceChildren(...state.partitions.map((partition) => el("option", { value: partition.id, text: partition.name })));
    choice.selectedIndex = Math.min(1, choice.options.length - 1);
  }
  showConsole();
}

function showConsoleOf(partition) {
  show("consoles");
  showConsoleChoice();
  $("console-partition").value = partition.id;
  $("console-partition").focus();
  showConsole();
}

async function showConsole() {
  const source = Number($("console-partition").value), box = $("console-text");
  if (Number.isNaN(source)) return;
  try {
    const rows = await daemon.call("archive.query", { books: ["console"], source, newest: true, order: "number", limit: 2000 });
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 30;
    box.replaceChildren(...rows.map((row) => (row.kind === "gap" ? el("span", { class: "gap", text: `[${row.detail}]\n` }) : row.text)));
    if (atEnd) box.scrollTop = box.scrollHeight;
  } catch (error) { box.textContent = error.message; }
}

// ---- link health -----------------------------------------------------------------------------

async function showHealth() {
  addHealth(await daemon.call("health", { after: newestHealth() }));
  await drawHealth();
}

// ---- commands: asked for, then shown by stages -------------------------------------------------

const STAGES = ["sent", "received", "accepted", "started", "completed"];
const stageItem = (name) => $("stages").querySelector(`[data-stage="${name}"]`);

function showStage(stage) {
  const at = STAGES.indexOf(stage.stage);
  // The board may tell a stage by a later one only.
  for (const name of STAGES.slice(0, Math.max(at, 0))) {
    if (stageItem(name).className === "waits") Object.assign(stageItem(name), { className: "done", textContent: `● ${name}: implied by ${stage.stage}` });
  }
  const text = `${stage.stage}  ${stage.board_time_us === null ? "" : "board " + boardTime(stage.board_time_us)}  ground ${utc(stage.ground_time_us)}  ${stage.detail}`;
  if (at >= 0) Object.assign(stageItem(stage.stage), { className: "done", textContent: `● ${text}` });
  else $("stages").append(el("li", { class: "failed", "data-stage": stage.stage, text: `✕ ${text}` }));
}

// Partition control and plan switches are critical, what stops the whole system is hazardous; the
// board takes neither unconfirmed. typed: the word that has to be typed before a hazardous one.
function command(title, text, word_, run, typed = "") {
  const origin = { ...document.activeElement?.dataset };
  $("confirm-title").textContent = title;
  $("confirm-class").textContent = typed ? `◆◆ HAZARDOUS: changes the whole board; sent once, and only when you type “${typed}” and confirm.`
    : "◆ CRITICAL: changes the board; sent once, and only when you confirm.";
  $("confirm-text").textContent = text;
  $("confirm-type").hidden = !typed;
  $("confirm-word").value = "";
  const isMeant = () => $("confirm-word").value === typed;
  $("confirm-word").oninput = () => { $("confirm-yes").disabled = !isMeant(); };
  $("confirm-word").onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it would press Cancel
    if (isMeant()) $("confirm-yes").click();
  };
  $("confirm-yes").disabled = !isMeant();
  $("confirm-yes").textContent = `Yes, ${word_}`;
  $("confirm-yes").hidden = false;
  $("confirm-no").textContent = "Cancel";
  $("stages").replaceChildren();
  $("outcome").textContent = "";
  $("confirm-yes").onclick = async () => {
    $("confirm-yes").hidden = $("confirm-type").hidden = true;
    $("confirm-no").textContent = "Close";
    $("confirm-no").focus();
    $("stages").replaceChildren(...STAGES.map((name) => el("li", { class: "waits", "data-stage": name, text: `○ ${name}` })));
    const tell = (outcome) => { // also to who has closed the dialog meanwhile
      $("outcome").textContent = outcome;
      $("last").textContent = `Last command, ${utc(Date.now() * 1000)}: ${title.replace("?", "")}: ${outcome || "under way"}`;
    };
    tell("");
    try {
      tell(await run(showStage));
    } catch (error) {
      tell(`${error.status === 6 || error.message === GONE ? "OUTCOME UNKNOWN: " : "NOT DONE: "}${error.message}`);
    }
    poll();
  };
  $("confirm").onclose = () => [...document.querySelectorAll("main button")].find(sameButton(origin))?.focus();
  $("confirm").showModal();
  $("confirm-no").focus(); // Enter by habit changes nothing
}

// ---- views and keys --------------------------------------------------------------------------

function show(view) {
  state.view = view;
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== view;
  for (const button of document.querySelectorAll("nav button")) {
    if (button.dataset.view === view) button.setAttribute("aria-current", "page"); else button.removeAttribute("aria-current");
  }
  if (view === "logbook") showLog(); else poll();
}

for (const button of document.querySelectorAll("nav button")) button.addEventListener("click", () => show(button.dataset.view));
const VIEWS = ["board", "plan", "logbook", "consoles", "health"];
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=checkbox]), select");
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const view = VIEWS[Number(event.key) - 1];
  if (view) show(view);
  else if (event.key === "?") $("help").showModal();
  else if (event.key === "/") {
    event.preventDefault(); // the slash is no part of the filter
    show("logbook");
    $("filter").focus();
  }
});
$("help-open").addEventListener("click", () => $("help").showModal());
$("restarted-seen").addEventListener("click", () => { $("restarted").hidden = true; });
$("lease").addEventListener("click", lease);
for (const button of document.querySelectorAll("#system button")) button.addEventListener("click", () => resetSystem(button.dataset.mode));
$("span").addEventListener("change", poll);
$("hold").addEventListener("change", () => { $("held").hidden = !$("hold").checked; poll(); });
$("log-form").addEventListener("submit", (event) => { event.preventDefault(); showLog(); });
$("severity").addEventListener("change", showLog);
$("book").addEventListener("change", showLog);
$("console-partition").addEventListener("change", showConsole);
window.addEventListener("resize", drawLog);
show("board");
