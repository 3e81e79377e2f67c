// Text, time and money as the reader of this browser writes them.

// Characters that are not seen or that turn the direction of text around: shown by their number,
// so that no two ids look alike.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]/gu;

export function plain(value) {
  return String(value ?? "").replace(UNSEEN, (character) =>
    character === "\n" || character === "\t"
      ? " "
      : `<U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** A moment in the reader's zone, with its date unless that is today. */
export function when(text) {
  const moment = new Date(text);
  if (!text || Number.isNaN(moment.getTime())) return "";
  const today = moment.toDateString() === new Date().toDateString();
  return (today ? clock : day).format(moment);
}

/** Set a <time> element to a moment. */
export function setTime(element, text) {
  const shown = when(text);
  if (element.textContent !== shown) element.textContent = shown;
  if (!shown) return element;
  if (element.dateTime !== text) {
    element.dateTime = text;
    element.title = exact.format(new Date(text));
  }
  return element;
}

export const timeOf = (text) => setTime(document.createElement("time"), text);

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** How long something took: `0.04 s`, `12 s`, `3 minutes`, `6 days`. */
export function duration(seconds) {
  if (typeof seconds !== "number") return "";
  if (seconds < 10) return `${number(Math.max(seconds, 0), seconds < 1 ? 2 : 1)} s`;
  const [unit, size] = UNITS.find(([, least]) => seconds >= least * 2) ?? UNITS[3];
  return new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long" })
    .format(Math.round(seconds / size));
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value);
}

/** How many decimals a currency has, such as 2 of EUR and 0 of JPY. */
export function decimals(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency })
      .resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
}

/** An amount in minor units as money. */
export function money(minorUnits, currency) {
  if (typeof minorUnits !== "number") return "";
  const digits = decimals(currency);
  const amount = minorUnits / 10 ** digits;
  try {
    return new Intl.NumberFormat(undefined, {
      style: "currency", currency, currencyDisplay: "code",
    }).format(amount);
  } catch {
    return `${amount.toFixed(digits)} ${plain(currency)}`;
  }
}

/** `1 order`, `2 orders`. */
export const count = (many, one, several = `${one}s`) => `${number(many)} ${many === 1 ? one : several}`;
