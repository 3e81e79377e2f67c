// Questions in a modal dialog: the browser keeps the focus in it and gives it back.

import { el } from "./dom.js";

let last = 0;

/** Show a form in a dialog; `submit(values)` returns an error to show, or nothing when done. */
export function ask({ title, about, fields = [], action, danger = false, submit }) {
  const id = `dialog-${(last += 1)}`;
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const go = el("button", { class: danger ? "danger" : "primary" }, action);
  const close = el("button", { type: "button" }, danger ? "Keep it" : "Close");
  const inputs = fields.map(({ name, label, ...rest }) => ({
    name, label, input: el("input", { id: `${id}-${name}`, name, autocomplete: "off", ...rest }),
  }));
  const form = el("form", { novalidate: false },
    el("h2", { id }, title),
    about && el("p", {}, about),
    inputs.map(({ label, input }) => [el("label", { for: input.id }, label), input]),
    error,
    el("div", { class: "actions" }, close, go));
  const dialog = el("dialog", { "aria-labelledby": id }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    error.hidden = true;
    const values = Object.fromEntries(inputs.map(({ name, input }) => [name, input.value]));
    try {
      await submit(values);
      dialog.close();
    } catch (trouble) {
      if (!("status" in trouble)) console.error(trouble);
      error.textContent = [trouble.message, ...(trouble.fields ?? [])
        .map(({ field, message }) => `${field} ${message}.`)].join(" ");
      error.hidden = false;
    }
    go.disabled = false;
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
