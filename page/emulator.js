// What only the emulator has: a clock to move, and, under `make run`, a crash to watch.

import { bad, good } from "./notices.js";

const DAY = 86_400;

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

export async function crashHost() {
  const answer = await ask("emulator/crash", {});
  if (answer?.status === 202) {
    good("The host was killed with -9; make run starts it again, and every order goes on where it was.");
    return true;
  }
  bad("The host could not be killed: only make run on the emulator allows it.");
  return false;
}
