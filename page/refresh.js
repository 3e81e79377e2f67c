// Views that look again by themselves, for as long as somebody can see them.

// An order's stage is at most 1.5 s old: a second of waiting, and the answer's own time.
export const OFTEN = 1_000;
export const SELDOM = 5_000;

/**
 * Call `look(signal)` now and again, `pause` milliseconds after each; stops while the tab is
 * hidden and for good when `signal` is aborted. `look` may return the next pause, Infinity for
 * none. Returns a function that looks at once.
 */
export function refresh(look, pause, signal) {
  let timer;
  let busy = false;
  let again = false;
  async function run() {
    clearTimeout(timer);
    if (signal.aborted || document.hidden) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    let next = pause;
    try {
      next = (await look(signal)) ?? pause;
    } catch (error) {
      if (!("status" in error) && !signal.aborted) console.error(error);
    }
    busy = false;
    if (signal.aborted) return;
    if (again) {
      again = false;
      next = 0;
    }
    clearTimeout(timer);
    if (Number.isFinite(next)) timer = setTimeout(run, next);
  }
  document.addEventListener("visibilitychange", run, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  run();
  return run;
}
