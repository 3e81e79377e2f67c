// What happens when: the rows of the README's table, each as one click.

import { get, path, post, put } from "../api.js";
import { crashHost } from "../emulator.js";
import { orderLink, orderLinks } from "../notices.js";
import { hasEnded, stageWords } from "../stages.js";
import { newKey } from "./stock.js";

const MACHINE = "example-machine";
const LIRA = "example-imported-cup";
const PRICE = 49_900;
const PATIENCE = 30_000;

const setStock = (available, more = {}) => put(path("inventory", more.sku ?? MACHINE), {
  description: "Espresso machine (example)", unitPrice: PRICE, currency: "EUR", ...more.item, available,
});
const newId = () => `example-${newKey().slice(0, 8)}`;

async function place(more = {}) {
  const order = {
    orderId: newId(), customerId: "ada", paymentMethod: "pm_card_visa",
    items: [{ sku: MACHINE, quantity: 2 }], ...more,
  };
  await post("orders", order);
  return order;
}

/** Wait until an order is in a stage, or in any that ends it. */
async function until(orderId, stage, signal) {
  const limit = Date.now() + PATIENCE;
  while (Date.now() < limit) {
    const { body } = await get(path("orders", orderId), { signal });
    if (stage ? body.stage === stage : hasEnded(body)) return body;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`order ${orderId} took more than ${PATIENCE / 1000} s.`);
}

async function placeShort(signal) {
  await setStock(1);
  const order = await place();
  await until(order.orderId, "AwaitingProceed", signal);
  return order;
}

/** Return how a request was refused; an error if it was not. */
async function refused(work) {
  try {
    await work();
  } catch (trouble) {
    if (trouble.status >= 400 && trouble.status < 500) return `${trouble.status}: ${trouble.message}`;
    throw trouble;
  }
  throw new Error("the app took what it should have refused.");
}

const event = (orderId, name) => post(path("orders", orderId, "events", name));
const restock = (quantity, key = newKey()) =>
  post(`${path("inventory", MACHINE)}/restock`, { quantity }, { "Idempotency-Key": key }).then((it) => it.body);
const ended = async (orderId, signal) => {
  const order = await until(orderId, null, signal);
  return [orderLink(orderId), `: ${stageWords(order.stage)}.`];
};
const example = (name, about, run) => ({ name, about, run });

export const EXAMPLES = [
  example("In stock", "Reserved, charged, invoiced.", async (signal) => {
    await setStock(20);
    return ended((await place()).orderId, signal);
  }),
  example("Short", "Two ordered, one there: the order waits, and nothing is charged.", async (signal) => {
    const { orderId } = await placeShort(signal);
    return [orderLink(orderId), " waits. Open it, and send Proceed or restock."];
  }),
  example("Restocked", "The orders that the stock can serve go on by themselves.", async (signal) => {
    await placeShort(signal);
    const { notified } = await restock(5);
    return ["5 added; woke ", ...orderLinks(notified), "."];
  }),
  example("Restocked twice by mistake", "The same Idempotency-Key adds once.", async () => {
    await setStock(0);
    const key = newKey();
    const [first, second] = [await restock(5, key), await restock(5, key)];
    return `Sent twice; ${first.available} free after the first, ${second.available} after the second.`;
  }),
  example("Set by hand, then `Proceed`", "Setting stock wakes nobody; the event does.", async (signal) => {
    const { orderId } = await placeShort(signal);
    await setStock(5);
    await event(orderId, "Proceed");
    return ended(orderId, signal);
  }),
  example("`Proceed`, still short", "The order looks again and waits on.", async (signal) => {
    const { orderId } = await placeShort(signal);
    await event(orderId, "Proceed");
    return [orderLink(orderId), " looked again and waits on."];
  }),
  example("No event ever comes", "It looks once a day, and expires after seven.", async (signal) => {
    const { orderId } = await placeShort(signal);
    return [orderLink(orderId), " waits. On the emulator, move the clock by seven days and watch it."];
  }),
  example("Changed her mind", "Cancel ends an order that waits.", async (signal) => {
    const { orderId } = await placeShort(signal);
    await event(orderId, "Cancel");
    return ended(orderId, signal);
  }),
  example("Card declined", "The stock is released for the next in line.", async (signal) => {
    await setStock(20);
    return ended((await place({ paymentMethod: "pm_card_visa_chargeDeclined" })).orderId, signal);
  }),
  example("Price changed later", "The invoice shows the price of the reservation.", async (signal) => {
    await setStock(20);
    const { orderId } = await place();
    await until(orderId, "Invoiced", signal);
    await setStock(18, { item: { unitPrice: PRICE * 2 } });
    return [orderLink(orderId), " keeps its price; the item costs twice as much now."];
  }),
  example("Two currencies in one order", "Refused: place one order for each.", async () => {
    await setStock(20);
    await setStock(20, { sku: LIRA, item: { description: "Imported cup (example)", currency: "TRY" } });
    return refused(() => place({ items: [{ sku: MACHINE, quantity: 1 }, { sku: LIRA, quantity: 1 }] }));
  }),
  example("The same order again", "The same links; nothing starts twice.", async (signal) => {
    await setStock(20);
    const order = await place();
    await post("orders", order);
    return ended(order.orderId, signal);
  }),
  example("Another order under its id", "Refused.", async () => {
    await setStock(20);
    const { orderId } = await place();
    return refused(() => place({ orderId, items: [{ sku: MACHINE, quantity: 3 }] }));
  }),
  example("A wrong field, an unknown SKU", "Refused, naming every bad field.", () =>
    refused(() => place({ items: [{ sku: "example-unknown", quantity: 1 }], customerId: "ada" }))),
  example("Which orders wait?", "The list, by stage.", async (signal) => {
    await placeShort(signal);
    const { body } = await get("orders?stage=AwaitingProceed&top=50");
    return body.orders.length ? ["Waiting: ", ...orderLinks(body.orders.map((it) => it.orderId))] : "None waits.";
  }),
  example("Event twice, early or in the wrong case", "One invoice.", async (signal) => {
    const { orderId } = await placeShort(signal);
    await setStock(5);
    await event(orderId, "proceed");
    await event(orderId, "PROCEED").catch(() => null);
    return ended(orderId, signal);
  }),
  example("Event for a finished order", "Refused here; dropped on the queue.", async (signal) => {
    await setStock(20);
    const { orderId } = await place();
    await until(orderId, "Invoiced", signal);
    return refused(() => event(orderId, "Proceed"));
  }),
  example("Event for an unknown order", "Refused here; tried five times on the queue.", () =>
    refused(() => event(newId(), "Proceed"))),
  example("Not JSON, illegal id, unknown event", "Refused here; kept as a failed message on the queue.", async (signal) => {
    const { orderId } = await placeShort(signal);
    return refused(() => event(orderId, "Ship"));
  }),
  example("The host is killed, at any moment", "Started again by `make run`, every order goes on.", async (signal) => {
    await setStock(20);
    const { orderId } = await place();
    if (!(await crashHost())) return "Only `make run` on the emulator can show this.";
    return ["The host is gone. Open ", orderLink(orderId), " and watch it finish."];
  }),
];
