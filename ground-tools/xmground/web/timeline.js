// Slots as they ran, laid over the plan: one lane a partition, on the board's own time.

import { $, boardTime, el, svg } from "./page.js";

const LEFT = 120, WIDTH = 1080, LANE = 30, TOP = 20, BOTTOM = 20;
export const ASKED_S = 10; // what is counted; the picture shows the end of it

const ms = (us, digits = 1) => `${(us / 1000).toFixed(digits)} ms`;
const late = (us) => (us < 1000 ? `${us} µs` : ms(us));

// The frames that the picture shows: observed ones, or, where nothing is traced, one as planned.
function shownFrames(timeline, currentPlan, spanUs) {
  if (timeline.frames.length) {
    const end = frameEnd(timeline.frames.at(-1), timeline);
    return timeline.frames.filter((frame) => frame.start_us > end - spanUs);
  }
  const planned = timeline.planned.find((one) => one.plan.id === currentPlan);
  if (!planned) return [];
  return [{ plan: currentPlan, start_us: 0, slots: planned.slots.map((slot) => ({
    slot: slot.id, partition: slot.partition, planned_us: slot.start_us, planned_end_us: slot.start_us + slot.duration_us, state: "planned" })) }];
}

const planOf = (frame, timeline) => timeline.planned.find((one) => one.plan.id === frame.plan).plan;
const frameEnd = (frame, timeline) => frame.start_us + planOf(frame, timeline).major_frame_us;

const MARKS = { late: "▲", missing: "✕" };
const STATES = { seen: "as planned", late: "LATE", missing: "MISSING", planned: "planned" };

const isReady = (partition) => !["halted", "suspended"].includes(partition?.state);

function slotTitle(slot, name) {
  const what = `${name}, slot ${slot.slot}: planned at ${boardTime(slot.planned_us)} for ${ms(slot.planned_end_us - slot.planned_us)}`;
  if (slot.state === "planned") return what;
  if (slot.state === "missing") return `${what}, DID NOT BEGIN`;
  if (slot.stopped) return `${what}, began, but the partition did not run in it`;
  const idle = slot.idle_us === null ? "did not idle" : `idle after ${ms(slot.idle_us - slot.start_us)}`;
  return `${what}, began ${late(slot.late_us)} after the earliest in the plan${slot.state === "late" ? " (LATE)" : ""}, ${idle}`;
}

function drawSlot(picture, x, y, slot, plan, name) {
  const box = (kind, from, to, top, height) => svg("rect", {
    class: kind, x: x(from), y: y + top, width: Math.max(1, x(to) - x(from)), height });
  const group = svg("g", { class: `slot ${slot.state}${slot.stopped ? " stopped" : ""}`, "data-slot": slot.slot, "data-partition": slot.partition, "data-planned-us": slot.planned_us, "data-plan": plan });
  group.append(svg("title", {}, slotTitle(slot, name)), box("planned", slot.planned_us, slot.planned_end_us, 3, 22));
  if (slot.start_us !== undefined && slot.start_us !== null) {
    group.append(box("observed", slot.start_us, slot.end_us, 7, 14));
    if (slot.idle_us !== null) group.append(box("idle", slot.idle_us, slot.end_us, 8, 12));
  }
  if (MARKS[slot.state]) group.append(svg("text", { class: "mark", x: x(slot.planned_us) + 2, y: y + 18 }, MARKS[slot.state]));
  picture.append(group);
}

// timeline: the daemon's answer; spanUs: how much of its end is drawn.
export function drawTimeline(timeline, partitions, currentPlan, boardTimeUs, spanUs) {
  // Where the trace does not tell whether a partition was stopped, it was as it is now.
  for (const slot of timeline.frames.flatMap((frame) => frame.slots)) {
    slot.stopped ??= !isReady(partitions.find((one) => one.id === slot.partition));
  }
  const picture = $("timeline"), frames = shownFrames(timeline, currentPlan, spanUs);
  const lanes = TOP + LANE * partitions.length;
  picture.setAttribute("viewBox", `0 0 ${LEFT + WIDTH + 10} ${lanes + BOTTOM}`);
  picture.replaceChildren();
  tell(timeline, frames, partitions, boardTimeUs);
  if (!frames.length) return;
  const begin = frames[0].start_us, end = frameEnd(frames.at(-1), timeline);
  const x = (us) => LEFT + ((us - begin) / (end - begin)) * WIDTH;
  partitions.forEach((partition, n) => {
    picture.append(svg("text", { x: 4, y: TOP + LANE * n + 15 }, partition.name || String(partition.id)),
      svg("text", { class: "lane-state", x: 4, y: TOP + LANE * n + 27 }, isReady(partition) ? "" : partition.state),
      svg("line", { class: "axis", x1: LEFT, x2: LEFT + WIDTH, y1: TOP + LANE * (n + 1), y2: TOP + LANE * (n + 1) }));
  });
  let plan = null;
  for (const frame of frames) {
    const isSwitch = frame.plan !== plan, at = x(frame.start_us);
    picture.append(svg("line", { class: isSwitch ? "frame switch" : "frame", x1: at, x2: at, y1: 0, y2: lanes }));
    if (isSwitch) picture.append(svg("text", { class: "plan-name", x: at + 4, y: 14 }, `plan ${frame.plan} ${planOf(frame, timeline).name}`));
    plan = frame.plan;
    for (const slot of frame.slots) {
      const n = partitions.findIndex((one) => one.id === slot.partition);
      if (n >= 0) drawSlot(picture, x, TOP + LANE * n, slot, frame.plan, partitions[n].name);
    }
  }
  picture.append(svg("text", { x: LEFT, y: lanes + 15 }, timeline.frames.length ? boardTime(begin) : "0 ms"),
    svg("text", { x: LEFT + WIDTH, y: lanes + 15, "text-anchor": "end" }, timeline.frames.length ? `+ ${ms(end - begin, 0)}` : ms(end, 0)));
}

// The same in words and figures.
function tell(timeline, frames, partitions, boardTimeUs) {
  const slots = timeline.frames.flatMap((frame) => frame.slots.map((slot) => ({ ...slot, plan: frame.plan })));
  const missing = slots.filter((slot) => slot.state === "missing"), lateOnes = slots.filter((slot) => slot.state === "late");
  const begun = slots.filter((slot) => typeof slot.start_us === "number");
  const newest = begun.at(-1)?.start_us;
  const worst = begun.reduce((most, slot) => Math.max(most, slot.late_us), 0);
  $("timeline-note").textContent = !timeline.traced
    ? "Outline: planned. The hypervisor's trace records no slots, so none are observed: its Trace bitmask needs HYP_SCHED (docs/configuration.md; configs/demo-slots has it)."
    : `Outline: planned. Filled: observed, pale once the partition idles; hollow: it is stopped. Newest slot ${ms(Math.max(0, boardTimeUs - newest), 0)} before the board's time shown above.`;
  $("timeline-sum").textContent = timeline.traced
    ? `In the last ${ASKED_S} s: ${begun.length} slots began, the latest ${late(worst)} after its time; ${lateOnes.length} late by more than ${timeline.late_us} µs ▲; ${missing.length} missing ✕.` : "";
  $("timeline").setAttribute("aria-label", `${$("timeline-note").textContent} ${$("timeline-sum").textContent}`);
  $("timeline").classList.toggle("bad", missing.length > 0);
  const name = (id) => partitions.find((one) => one.id === id)?.name ?? id;
  const row = (slot) => el("tr", { class: slot.state, "data-slot": slot.slot }, el("td", { text: boardTime(slot.planned_us) }), el("td", { text: `${slot.plan}, slot ${slot.slot}` }),
    el("td", { text: name(slot.partition) }), el("td", { text: `${MARKS[slot.state] ?? "●"} ${STATES[slot.state]}` }),
    el("td", { class: "number", text: typeof slot.late_us === "number" ? late(slot.late_us) : "-" }),
    el("td", { class: "number", text: slot.stopped ? "stopped" : typeof slot.idle_us === "number" ? ms(slot.idle_us - slot.start_us) : typeof slot.start_us === "number" ? `${ms(slot.end_us - slot.start_us)} (all)` : "-" }));
  $("slots-bad").replaceChildren(...slots.filter((slot) => slot.state !== "seen").slice(-20).reverse().map(row));
  const whole = timeline.frames.findLast((frame) => frame.slots.length === timeline.planned.find((one) => one.plan.id === frame.plan).slots.length);
  $("slots-frame").replaceChildren(...(whole?.slots ?? []).map((slot) => row({ ...slot, plan: whole.plan })));
  for (const id of ["slots-bad", "slots-frame"]) $(id).closest("table").hidden = !$(id).childElementCount;
}
