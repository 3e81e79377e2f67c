// The way of an order at a glance: placed, stock, payment, invoice, and where it is on it.

import { el } from "../dom.js";
import { hasEnded, stageWords } from "../stages.js";

const WAY = ["Placed", "Stock", "Payment", "Invoice"];
const REACHED = {
  Pending: 0, CheckingInventory: 1, AwaitingProceed: 1, ProcessingPayment: 2, Invoiced: 4,
  Cancelled: 1, Expired: 1, Rejected: 1, PaymentDeclined: 2, Failed: 1,
};

/** Draw the stations; those passed, the present one, and where an order left the way. */
export function progress(order) {
  const at = REACHED[order.stage] ?? 0;
  const left = hasEnded(order) && order.stage !== "Invoiced";
  return el("ol", { class: "progress", "aria-label": "The way of an order" }, WAY.map((name, index) => {
    const state = index < at ? "done" : index > at ? "ahead" : left ? "left" : "here";
    const tone = order.stage === "AwaitingProceed" && state === "here" ? "wait" : state;
    const words = index === at ? stageWords(order.stage) : state === "done" ? "done" : "";
    return el("li", { "data-state": tone, "aria-current": state === "here" ? "step" : undefined },
      el("span", { class: "name" }, name), el("span", { class: "words" }, words));
  }));
}
