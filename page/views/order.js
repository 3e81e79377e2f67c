// One order: how it stands, its story in time, what a person can do.

import { get, path, post } from "../api.js";
import { ask } from "../dialogs.js";
import { el, redraw, setText, theirs } from "../dom.js";
import { plain, timeOf } from "../format.js";
import { attempt, good } from "../notices.js";
import { OFTEN, refresh } from "../refresh.js";
import { badge, hasEnded, setBadge, stageWords } from "../stages.js";
import { invoiceCard } from "./invoice.js";
import { progress } from "./progress.js";
import { strip, timeline } from "./timeline.js";

// An order that has ended changes no more, unless it is purged.
const ENDED_PAUSE = 15_000;

export function orderView(signal, orderId) {
  const stage = badge("Pending");
  stage.hidden = true;
  const state = el("p", { class: "state", role: "status" }, "Loading …");
  const actions = el("div", { class: "actions", hidden: true });
  const facts = el("section", { class: "card", "aria-label": "How it stands", hidden: true });
  const way = el("div", { class: "way" });
  const invoice = el("div");
  const bar = el("div", { class: "strip", "aria-hidden": "true" });
  const steps = el("ol", { class: "timeline", "aria-label": "Steps, oldest first" });
  const story = el("section", { class: "card", "aria-labelledby": "story", hidden: true },
    el("h2", { id: "story" }, "Its story"), bar, steps);
  let seen = "";
  let again = () => {};

  async function look() {
    let order;
    try {
      order = (await get(path("orders", orderId), { signal })).body;
    } catch (trouble) {
      if (trouble.status === 404) {
        setText(state, "There is no such order. It may have been placed a moment ago; the page looks again.");
        state.hidden = false;
      }
      throw trouble;
    }
    show(order);
    const now = [order.stage, order.attempt, order.runtimeStatus, order.lastUpdatedTime].join();
    if (now !== seen || !hasEnded(order)) await tell(order, now);
    return hasEnded(order) && seen === now ? ENDED_PAUSE : OFTEN;
  }

  function show(order) {
    state.hidden = true;
    stage.hidden = facts.hidden = false;
    setBadge(stage, order.stage, order.runtimeStatus);
    redraw(way, [order.stage, order.runtimeStatus], () => progress(order));
    redraw(facts, order, () => standing(order));
    redraw(invoice, order.invoice, () => order.invoice && invoiceCard(order.invoice));
    const waits = order.stage === "AwaitingProceed" && !hasEnded(order);
    if (actions.hidden === waits) actions.hidden = !waits;
  }

  async function tell(order, now) {
    // A status of a second's exactness may be older than the last step: two looks, then rest.
    const version = `${now},${steps.childElementCount}`;
    if (tell.last === version && Date.now() - tell.time < 3_000) return;
    tell.last = version;
    tell.time = Date.now();
    try {
      const { body } = await get(path("orders", orderId, "history"), { signal });
      timeline(steps, body, order);
      redraw(bar, body, () => strip(body));
      story.hidden = body.length === 0;
      const complete = body.at(-1)?.type === "end";
      if (!hasEnded(order) || complete) seen = now;
    } catch (trouble) {
      if (trouble.status !== 404) throw trouble;
      seen = now;
      story.hidden = true;
    }
  }

  const send = (name, words) => attempt(name, async () => {
    await post(path("orders", orderId, "events", name));
    good(words);
    again();
  });
  actions.append(
    el("button", {
      type: "button", class: "primary",
      onclick: () => send("Proceed", "Proceed was sent: the order looks at the stock again. If that is still short, it waits on, with one attempt more."),
    }, "Proceed"),
    el("button", {
      type: "button", class: "danger",
      onclick: () => ask({
        title: `Cancel order ${plain(orderId)}?`, danger: true, action: "Cancel the order",
        about: "It ends at once, for good. Nothing was charged.",
        submit: () => send("Cancel", "Cancel was sent: the order ends without an invoice."),
      }),
    }, "Cancel"));

  again = refresh(look, OFTEN, signal);
  return [
    el("p", { class: "crumb" }, el("a", { href: "#/orders" }, "All orders")),
    el("div", { class: "title" }, el("h1", {}, "Order ", theirs(orderId)), stage, actions),
    state, way, facts, el("div", { class: "columns" }, story, invoice),
  ];
}

/** How an order stands: what it waits for or how it ended, in a sentence and a few facts. */
function standing(order) {
  const rows = [];
  const row = (name, ...value) => rows.push(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  if (order.error) row("Failed, for a person to repair", theirs(order.error));
  if (order.reason) row(`${stageWords(order.stage)} because`, theirs(order.reason));
  if (order.stage === "AwaitingProceed" && !hasEnded(order)) {
    row("What is short", order.short?.length
      ? el("ul", { class: "short" }, order.short.map((it) => el("li", {},
        theirs(it.sku), `: needs ${it.needed}, ${it.available} free, ${it.missing} missing`)))
      : "Nothing any more: the next look at the stock takes it");
    row("Waits for", (order.waitingFor ?? []).map(plain).join(" or "), ", or for its clock");
    row("Until", timeOf(order.until));
    row("Looked at the stock", `${order.attempt} ${order.attempt === 1 ? "time" : "times"}`);
  }
  if (order.createdTime) row("Placed", timeOf(order.createdTime));
  if (order.lastUpdatedTime) row("Last change", timeOf(order.lastUpdatedTime));
  if (order.runtimeStatus === null) row("Its story", "is no longer kept; the invoice is.");
  return el("dl", { class: "facts" }, rows);
}
