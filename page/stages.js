// The stages of an order, in words and with a colour.

import { el, setText } from "./dom.js";
import { plain } from "./format.js";

export const STAGES = {
  Pending: { words: "Accepted", tone: "busy" },
  CheckingInventory: { words: "Checking stock", tone: "busy" },
  AwaitingProceed: { words: "Waiting for stock", tone: "wait" },
  ProcessingPayment: { words: "Being charged", tone: "busy" },
  Invoiced: { words: "Invoiced", tone: "good" },
  Cancelled: { words: "Cancelled", tone: "over" },
  Expired: { words: "Expired", tone: "over" },
  PaymentDeclined: { words: "Payment declined", tone: "over" },
  Rejected: { words: "Rejected", tone: "over" },
  Failed: { words: "Failed", tone: "bad" },
};

const OVER = ["Completed", "Failed", "Terminated", "Canceled"];

export const stageWords = (stage) => STAGES[stage]?.words ?? plain(stage);
export const hasEnded = (order) => order.runtimeStatus === null || OVER.includes(order.runtimeStatus);

export function badge(stage) {
  return setBadge(el("span", { class: "badge" }), stage);
}

/** Set a badge to a stage; `Suspended` orders say so. */
export function setBadge(element, stage, runtimeStatus) {
  const suspended = runtimeStatus === "Suspended";
  setText(element, suspended ? `${stageWords(stage)}, suspended` : stageWords(stage));
  element.dataset.tone = STAGES[stage]?.tone ?? "over";
  return element;
}

/** What is short, in words: `espresso-machine: 1 of 2 is missing`. */
export function shortWords(short) {
  return (short ?? [])
    .map(({ sku, missing, needed }) => `${plain(sku)}: ${missing} of ${needed} missing`)
    .join("; ");
}
