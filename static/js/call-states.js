/** Which state of the call module a snapshot means. Pure. The server's twin is `call_panel`. */

const RUNNING = { initiated: "connecting", ringing: "ringing", answered: "live" };
const FAILED = ["busy", "no_answer", "failed"];

/** `isElsewhere`: the call is with somebody else than the page is about; only a live one matters then. */
export function stateOf(call, isElsewhere = false) {
  const running = RUNNING[call.status];
  if (isElsewhere) return running ? "elsewhere" : null;
  if (running) return running;
  if (FAILED.includes(call.status) || call.joined_at_ms === null) return "failed";
  return "ended";
}

/** Whether a call still runs or is being set up. */
export function isLive(call) {
  return call.status in RUNNING;
}
