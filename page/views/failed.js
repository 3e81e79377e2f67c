// Messages that could not be delivered: what they are, why, sending them again.

import { call, get, path, post } from "../api.js";
import { ask } from "../dialogs.js";
import { el, keyed, setText, theirs } from "../dom.js";
import { count, plain, timeOf } from "../format.js";
import { attempt, good, orderLink } from "../notices.js";
import { SELDOM, refresh } from "../refresh.js";

const PROBLEMS = {
  invalid: ["bad", "Can never be delivered"],
  unknownOrder: ["wait", "No such order"],
  finishedOrder: ["over", "The order has ended"],
  deliverable: ["good", "Can be delivered now"],
};

export function failedView(signal) {
  const list = el("ul", { class: "failed", "aria-label": "Messages" });
  const state = el("p", { class: "state" }, "Loading …");
  const where = el("p", { class: "quiet", role: "status" });

  async function look() {
    const { body } = await get("events/failed", { signal });
    keyed(list, body.messages, (it) => it.messageId, (it) => makeItem(it, () => again()), updateItem);
    state.hidden = body.messages.length > 0;
    setText(state, "No message has failed.");
    const more = body.total > body.messages.length ? `, the oldest of ${count(body.total, "message")}` : "";
    setText(where, body.messages.length ? `${count(body.messages.length, "message")}${more}` : "");
  }

  const again = refresh(look, SELDOM, signal);
  return [
    el("h1", {}, "Failed messages"),
    el("p", { class: "quiet" }, "What could not be delivered from ", el("code", {}, "event-queue"),
      " lies in ", el("code", {}, "event-queue-poison"), " for seven days. Nothing reads it by itself."),
    state, where, list,
  ];
}

function makeItem(message, again) {
  const id = message.messageId;
  const resend = () => attempt("The message was not sent", async () => {
    const { body } = await post(`${path("events", "failed", id)}/resend`);
    good(`${plain(body.event)} was sent again to `, orderLink(body.orderId), ".");
    again();
  });
  const remove = () => ask({
    title: "Delete the message?", about: "It is gone for good.", danger: true, action: "Delete",
    async submit() {
      await call("DELETE", path("events", "failed", id));
      good("The message was deleted.");
      again();
    },
  });
  return el("li", { class: "card" },
    el("div", { class: "title" }, el("span", { class: "badge" }),
      el("span", {}, message.event && [plain(message.event), " for ", orderLink(message.orderId)]),
      el("span", { class: "when" }, timeOf(message.inserted))),
    el("p", { class: "why" }),
    message.fields.length > 1 && el("ul", {}, message.fields.map(({ field, message: text }) =>
      el("li", {}, theirs(field), ` ${plain(text)}`))),
    message.text !== null && el("pre", { tabindex: "0", role: "region", "aria-label": "Text of the message" }, theirs(message.text)),
    message.note && el("p", { class: "quiet" }, plain(message.note)),
    el("div", { class: "actions" },
      el("button", { type: "button", class: "resend", onclick: resend }, "Send again"),
      el("button", { type: "button", class: "danger", onclick: remove }, "Delete")));
}

function updateItem(item, message) {
  const [tone, words] = PROBLEMS[message.problem] ?? ["over", plain(message.problem)];
  const badge = item.querySelector(".badge");
  badge.dataset.tone = tone;
  setText(badge, words);
  setText(item.querySelector(".why"), plain(message.why));
  const resend = item.querySelector(".resend");
  if (resend.disabled !== (message.problem === "invalid")) resend.disabled = !resend.disabled;
}
