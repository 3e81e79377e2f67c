// Placing an order: a form, and an example of everything that can happen.

import { get, post, stockPage } from "../api.js";
import { el, theirs } from "../dom.js";
import { money, plain } from "../format.js";
import { attempt, bad, good, orderLink } from "../notices.js";
import { EXAMPLES } from "./examples.js";

const METHODS = [
  ["pm_card_visa", "A card that pays"],
  ["pm_card_visa_chargeDeclined", "A card that is declined"],
];

// As many items as a field suggests at most.
const SUGGESTED = 500;

export function placeView(signal) {
  return [
    el("h1", {}, "Place an order"),
    el("div", { class: "columns" }, orderForm(signal), examples(signal)),
  ];
}

function orderForm(signal) {
  const skus = el("datalist", { id: "skus" });
  const lines = el("div", { class: "lines" });
  const error = el("div", { class: "error", role: "alert", hidden: true });
  const add = el("button", { type: "button", onclick: () => addLine().querySelector("input").focus() }, "Another item");
  let last = 0;

  function addLine() {
    const number = (last += 1);
    const line = el("div", { class: "line", role: "group", "aria-label": `Item ${number}` },
      el("label", {}, "Item", el("input", { name: "sku", list: "skus", required: true, maxlength: "64", autocomplete: "off", spellcheck: "false" })),
      el("label", {}, "Pieces", el("input", { name: "quantity", type: "number", min: "1", max: "10000", step: "1", value: "1", required: true })),
      el("button", { type: "button", "aria-label": `Remove item ${number}`, onclick: () => {
        if (lines.childElementCount > 1) line.remove();
      } }, "×"));
    lines.append(line);
    return line;
  }

  const form = el("form", { onsubmit: submit, class: "card", "aria-labelledby": "form-title" },
    el("h2", { id: "form-title" }, "By hand"),
    lines, skus, add,
    el("label", {}, "Customer", el("input", { name: "customerId", required: true, maxlength: "100", value: "ada", autocomplete: "off" })),
    el("label", {}, "Payment", el("select", { name: "paymentMethod" },
      METHODS.map(([value, words]) => el("option", { value }, words)))),
    el("label", {}, "Order id ", el("small", {}, "(one is made for you if empty)"),
      el("input", { name: "orderId", maxlength: "100", autocomplete: "off", spellcheck: "false" })),
    error,
    el("div", { class: "actions" }, el("button", { class: "primary" }, "Place the order")));
  addLine();

  async function submit(event) {
    event.preventDefault();
    const { customerId, paymentMethod, orderId } = Object.fromEntries(new FormData(form));
    const items = [...lines.children].map((line) => ({
      sku: line.querySelector("[name=sku]").value.trim(),
      quantity: Number(line.querySelector("[name=quantity]").value),
    }));
    const order = { customerId: customerId.trim(), items, paymentMethod };
    if (orderId.trim()) order.orderId = orderId.trim();
    error.hidden = true;
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    try {
      const { body } = await post("orders", order);
      good("Accepted: ", orderLink(body.id));
      location.hash = `#/orders/${encodeURIComponent(body.id)}`;
    } catch (trouble) {
      if (!("status" in trouble)) throw trouble;
      error.replaceChildren(el("p", {}, plain(trouble.message)), trouble.fields.length > 1
        ? el("ul", {}, trouble.fields.map(({ field, message }) => el("li", {}, theirs(field), ` ${plain(message)}`)))
        : "");
      error.hidden = false;
      const wrong = trouble.fields.map(({ field }) => inputOf(field)).filter(Boolean);
      for (const input of wrong) input.setAttribute("aria-invalid", "true");
      wrong[0]?.focus();
    }
  }

  /** The input of a field that the app names, such as `customerId` or `items[0].sku`. */
  function inputOf(field) {
    const [, index, name] = /^(?:items\[(\d+)\]\.)?(\w+)$/.exec(field) ?? [];
    const place = index === undefined ? form : lines.children[Number(index)];
    return [...(place?.querySelectorAll("[name]") ?? [])].find((input) => input.name === name);
  }

  attempt("The stock could not be read", async () => {
    const items = [];
    let token = "";
    do {
      const { body } = await get(stockPage(token), { signal });
      items.push(...body.items);
      token = body.continuationToken;
    } while (token && items.length < SUGGESTED);
    skus.replaceChildren(...items.slice(0, SUGGESTED).map((item) => el("option", { value: item.sku },
      `${plain(item.description)}, ${money(item.unitPrice, item.currency)}, ${item.available} free`)));
  });
  return form;
}

function examples(signal) {
  return el("section", { class: "card", "aria-labelledby": "examples-title" },
    el("h2", { id: "examples-title" }, "By example"),
    el("p", { class: "quiet" }, "One click each. They make their own items, whose names begin with “example-”."),
    el("ul", { class: "examples" }, EXAMPLES.map(({ name, about, run }) => {
      const result = el("p", { class: "result", role: "status" });
      const button = el("button", { type: "button" }, name.replaceAll("`", ""));
      button.addEventListener("click", async () => {
        button.disabled = true;
        result.replaceChildren("…");
        try {
          result.replaceChildren(...[await run(signal)].flat());
        } catch (trouble) {
          if (signal.aborted) return;
          result.replaceChildren("It went another way: ", plain(trouble.message));
          bad(`${button.textContent}: `, plain(trouble.message));
        }
        button.disabled = false;
      });
      return el("li", {}, button, el("p", { class: "quiet" }, about), result);
    })));
}
