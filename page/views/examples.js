// What happens when: the rows of the README's table, each as one click.

import { get, path, post, put } from "../api.js";
import { crashHost } from "../emulator.js";
import { orderLink, orderLinks } from "../notices.js";
import { hasEnded, stageWords } from "../stages.js";
import { newKey } from "./stock.js";

const CUP = "example-imported-cup";
const PRICE = 49_900;
const PATIENCE = 30_000;

const newId = () => `example-${newKey().slice(0, 8)}`;
const setItem = (sku, item) => put(path("inventory", sku), item);

/** What an example does with an item of its own, so that no order of another example takes it. */
function shelf(sku) {
  const setStock = (available, unitPrice = PRICE) =>
    setItem(sku, { description: "Espresso machine (example)", unitPrice, currency: "EUR", available });
  const place = async (more = {}) => {
    const order = {
      orderId: newId(), customerId: "ada", paymentMethod: "pm_card_visa",
      items: [{ sku, quantity: 2 }], ...more,
    };
    await post("orders", order);
    return order;
  };
  const placeShort = async (signal) => {
    await setStock(1);
    const order = await place();
    await until(order.orderId, "AwaitingProceed", signal);
    return order;
  };
  const restock = async (quantity, key = newKey()) => (await post(
    `${path("inventory", sku)}/restock`, { quantity }, { "Idempotency-Key": key })).body;
  return { sku, setStock, place, placeShort, restock };
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
const ended = async (orderId, signal) => {
  const order = await until(orderId, null, signal);
  return [orderLink(orderId), `: ${stageWords(order.stage)}.`];
};

/** One click: `run(shelf, signal)` returns what to say. */
function example(name, about, run) {
  const sku = `example-${name.toLowerCase().match(/[a-z]+/g).join("-")}`;
  return { name, about, run: (signal) => run(shelf(sku), signal) };
}

export const EXAMPLES = [
  example("In stock", "Reserved, charged, invoiced.", async ({ setStock, place }, signal) => {
    await setStock(20);
    return ended((await place()).orderId, signal);
  }),
  example("Short", "Two ordered, one there: the order waits, and nothing is charged.", async ({ placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    return [orderLink(orderId), " waits. Open it, and send Proceed or restock."];
  }),
  example("Restocked", "The orders that the stock can serve go on by themselves.", async ({ placeShort, restock }, signal) => {
    await placeShort(signal);
    const { notified } = await restock(5);
    return ["5 added; woke ", ...orderLinks(notified), "."];
  }),
  example("Restocked twice by mistake", "The same Idempotency-Key adds once.", async ({ setStock, restock }) => {
    await setStock(0);
    const key = newKey();
    const [first, second] = [await restock(5, key), await restock(5, key)];
    return `Sent twice; ${first.available} free after the first, ${second.available} after the second.`;
  }),
  example("Set by hand, then `Proceed`", "Setting stock wakes nobody; the event does.", async ({ setStock, placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    await setStock(5);
    await event(orderId, "Proceed");
    return ended(orderId, signal);
  }),
  example("`Proceed`, still short", "The order looks again and waits on.", async ({ placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    await event(orderId, "Proceed");
    return [orderLink(orderId), " looked again and waits on."];
  }),
  example("No event ever comes", "It looks once a day, and expires after seven.", async ({ placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    return [orderLink(orderId), " waits. On the emulator, move the clock by seven days and watch it."];
  }),
  example("Changed her mind", "Cancel ends an order that waits.", async ({ placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    await event(orderId, "Cancel");
    return ended(orderId, signal);
  }),
  example("Somebody ahead gives up", "The stock that was kept for one order goes to the next.", async ({ setStock, place }, signal) => {
    await setStock(0);
    const first = await place();
    await until(first.orderId, "AwaitingProceed", signal);
    const next = await place();
    await until(next.orderId, "AwaitingProceed", signal);
    await setStock(2);
    await event(first.orderId, "Cancel");
    return ended(next.orderId, signal);
  }),
  example("Card declined", "The stock is released for the next in line.", async ({ setStock, place }, signal) => {
    await setStock(20);
    return ended((await place({ paymentMethod: "pm_card_visa_chargeDeclined" })).orderId, signal);
  }),
  example("Price changed later", "The invoice shows the price of the reservation.", async ({ setStock, place }, signal) => {
    await setStock(20);
    const { orderId } = await place();
    await until(orderId, "Invoiced", signal);
    await setStock(18, PRICE * 2);
    return [orderLink(orderId), " keeps its price; the item costs twice as much now."];
  }),
  example("Two currencies in one order", "Refused: place one order for each.", async ({ setStock, place, sku }) => {
    await setStock(20);
    await setItem(CUP, { description: "Imported cup (example)", unitPrice: PRICE, currency: "TRY", available: 20 });
    return refused(() => place({ items: [{ sku, quantity: 1 }, { sku: CUP, quantity: 1 }] }));
  }),
  example("The same order again", "The same links; nothing starts twice.", async ({ setStock, place }, signal) => {
    await setStock(20);
    const order = await place();
    await post("orders", order);
    return ended(order.orderId, signal);
  }),
  example("Another order under its id", "Refused.", async ({ setStock, place, sku }) => {
    await setStock(20);
    const { orderId } = await place();
    return refused(() => place({ orderId, items: [{ sku, quantity: 3 }] }));
  }),
  example("A wrong field, an unknown SKU", "Refused, naming every bad field.", async ({ place, sku }) => {
    const wrong = await refused(() => place({ items: [{ sku, quantity: 0 }], customerId: "" }));
    const unknown = await refused(() => place({ items: [{ sku: "example-unknown", quantity: 1 }] }));
    return [wrong, " And ", unknown];
  }),
  example("Which orders wait?", "The list, by stage.", async ({ placeShort }, signal) => {
    await placeShort(signal);
    const { body } = await get("orders?stage=AwaitingProceed&top=50");
    return body.orders.length ? ["Waiting: ", ...orderLinks(body.orders.map((it) => it.orderId))] : "None waits.";
  }),
  example("Event twice, early or in the wrong case", "One invoice.", async ({ setStock, placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    await setStock(5);
    await event(orderId, "proceed");
    await event(orderId, "PROCEED").catch(() => null);
    return ended(orderId, signal);
  }),
  example("Event for a finished order", "Refused here; dropped on the queue.", async ({ setStock, place }, signal) => {
    await setStock(20);
    const { orderId } = await place();
    await until(orderId, "Invoiced", signal);
    return refused(() => event(orderId, "Proceed"));
  }),
  example("Event for an unknown order", "Refused here; tried five times on the queue.", () =>
    refused(() => event(newId(), "Proceed"))),
  example("Not JSON, illegal id, unknown event", "Refused here; kept as a failed message on the queue.", async ({ placeShort }, signal) => {
    const { orderId } = await placeShort(signal);
    return refused(() => event(orderId, "Ship"));
  }),
  example("The host is killed, at any moment", "Started again by make run, every order goes on.", async ({ placeShort, restock }, signal) => {
    const { orderId } = await placeShort(signal);
    await restock(5);
    if (!(await crashHost())) return "Only make run on the emulator can show this.";
    return ["The host is gone, just after stock came. Open ", orderLink(orderId), " and watch it go on."];
  }),
];
