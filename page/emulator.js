// What only the emulator has: a clock to move, and, under `make run`, a crash to watch.

import { bad, good } from "./notices.js";

const DAY = 86_400;
const LOOK_AGAIN = 250;
const PATIENCE = 60_000;

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  try {
    return await fetch(new URL(`/admin/${path}`, location.origin), { cache: "no-store", ...options });
  } catch {
    return null;
  }
}

/** Show what this host offers; on Azure and with Core Tools, that is nothing. */
export async function emulator() {
  const answer = await ask("host/status");
  const status = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!String(status?.versionDetails).includes("emulator")) return;
  document.querySelector(".emulator").hidden = false;
  const clock = document.getElementById("clock");
  clock.hidden = false;
  clock.addEventListener("click", moveClock);
  const crash = document.getElementById("crash");
  crash.addEventListener("click", crashHost);
  crash.hidden = !(await ask("emulator/crash"))?.ok;
}

async function moveClock() {
  const answer = await ask("emulator/clock", { advanceSeconds: DAY });
  if (!answer?.ok) {
    bad("The clock could not be moved.");
    return;
  }
  good("The orders' clock is a day ahead: orders that wait look at the stock again, and end after seven days.");
}

/** Kill the host with -9, and say so; then, without being waited for, say when it is back. */
export async function crashHost() {
  const asked = performance.now();
  const answer = await ask("emulator/crash", {});
  if (answer?.status === 202) {
    good("The host was killed with -9; make run starts it again, and every order goes on where it was.");
    sayWhenBack(asked);
    return true;
  }
  bad("The host could not be killed: only make run on the emulator allows it.");
  return false;
}

// A host that has run for less time than has passed since the kill is the new one, even if nobody
// asked while there was none.
async function sayWhenBack(killed) {
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_AGAIN));
    const answer = await ask("host/status");
    const status = answer?.ok ? await answer.json().catch(() => null) : null;
    const passed = performance.now() - killed;
    if (status?.state === "Running" && status.processUptime < passed) {
      good(`The host is back after ${(passed / 1000).toFixed(1)} s.`);
      return;
    }
    if (passed > PATIENCE) {
      bad("The host has not come back. Look at the terminal where make run is.");
      return;
    }
  }
}
