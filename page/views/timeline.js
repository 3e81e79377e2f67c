// The story of an order in time, from the steps of GET /api/orders/{id}/history.

import { el, keyed, redraw } from "../dom.js";
import { count, duration, money, plain, timeOf, when } from "../format.js";
import { hasEnded, stageWords } from "../stages.js";

const NAMES = { check: "Stock", payment: "Payment", release: "Release of the stock", refund: "Refund" };

/** Return `[tone, title, detail]` of a step: what happened, for a person. */
const TELL = {
  cut: (step) => ["quiet", `${count(step.left, "earlier step")} left out`],
  placed: () => ["good", "Placed", "The order was accepted; from here on it survives everything."],
  check: (step) => ({
    reserved: ["good", "Stock reserved", attempts(step)],
    short: ["wait", "Stock is short", attempts(step)],
    rejected: ["over", "Cannot be fulfilled as placed", step.reason],
  })[step.outcome] ?? task(step, "Looks at the stock"),
  payment: (step) => ({
    charged: ["good", `Charged ${money(step.total, step.currency)}`, step.invoiceId],
    declined: ["over", "Payment declined", step.reason],
  })[step.outcome] ?? task(step, "Charges the customer"),
  release: (step) => ({
    released: ["plain", "Stock released", "It goes to the next order in line."],
    nothing: ["plain", "Left the line", "It held no stock."],
  })[step.outcome] ?? task(step, "Releases the stock"),
  refund: (step) => ({
    refunded: ["plain", "Money refunded", ""],
    nothing: ["plain", "Nothing to refund", "Nothing was charged."],
  })[step.outcome] ?? task(step, "Refunds the money"),
  wait: (step) => (step.endTime
    ? ["wait", "Waited", `ended by ${step.endedBy === "timer" ? "the clock" : step.endedBy ?? "its end"}`]
    : ["wait", "Waits", `for Proceed or Cancel; looks again by itself ${when(step.until)}`]),
  event: (step) => ["event", `Event ${step.name}`, ""],
  timer: () => ["event", "Its clock", "No event came: it looks again by itself."],
  retry: (step) => ["bad", "Pause before another try",
    `${NAMES[step.step] ?? step.step} failed; again ${when(step.until)}`],
  suspended: () => ["bad", "Suspended by an operator", ""],
  resumed: () => ["event", "Resumed by an operator", ""],
  terminated: () => ["bad", "Terminated by an operator", "What it held is given back within minutes."],
  end: (step) => [step.stage === "Invoiced" ? "good" : step.stage === "Failed" ? "bad" : "over",
    stageWords(step.stage), step.reason ?? step.error],
};

function task(step, title) {
  if (step.outcome === "failed") return ["bad", `${NAMES[step.type] ?? step.type} failed`, tries(step, step.error)];
  return ["busy", step.outcome === null ? `${title} …` : title, tries(step, "")];
}

const tries = (step, text) => [step.try > 1 && `Try ${step.try}.`, text].filter(Boolean).join(" ");
const attempts = (step) => tries(step, step.attempt > 1 ? `Look number ${step.attempt}.` : "");

export function tell(step) {
  const known = Object.hasOwn(TELL, step.type) ? TELL[step.type] : (it) => task(it, it.type);
  const [tone, title, detail] = known(step);
  return { tone, title: plain(title), detail: plain(detail ?? "") };
}

/** Draw the steps, in place: those that have not changed stay. */
export function timeline(list, steps, order) {
  const first = steps[0]?.type === "cut" ? steps[0].left : 0;
  const items = steps.map((step, index) => ({ step, key: `${first + index}`, now: isNow(step, order) }));
  keyed(list, items, (item) => item.key, () => el("li"), (row, { step, now }) => redraw(row, [step, now], () => {
    const { tone, title, detail } = tell(step);
    row.dataset.tone = now ? "now" : tone;
    return [
      el("p", { class: "what" }, el("strong", {}, el("bdi", {}, title)),
        took(step) && el("span", { class: "took" }, took(step)),
        el("span", { class: "when" }, timeOf(step.time))),
      detail && el("p", { class: "detail" }, el("bdi", {}, detail)),
    ];
  }));
}

const isNow = (step, order) => "endTime" in step && !step.endTime && !hasEnded(order);
const took = (step) => (step.seconds > 0 ? duration(step.seconds) : "");

/** A bar with a piece for each step that took time; long ones are drawn shorter than they were. */
export function strip(steps) {
  return steps.filter((step) => "endTime" in step).slice(-60).map((step) => {
    const { tone, title } = tell(step);
    const piece = el("span", { "data-tone": step.endTime ? tone : "now", title: `${title} ${took(step)}`.trim() });
    piece.style.flexGrow = String(1 + Math.log10(1 + 20 * (step.seconds ?? 1)) * 3);
    return piece;
  });
}
