/** What the console says about a call and a presence. Pure: snapshot in, words out. */

import { inMinutes, money } from "./show.js";

/** Where a call stands for its operator: "none", "setup" (the customer's phone), "offered" (theirs), "joined". */
export function stageOf(call) {
  if (!call) return "none";
  if (call.joined_at_ms !== null) return "joined";
  return call.ringing_leg === "operator" ? "offered" : "setup";
}

export function titleOf(call) {
  return {
    none: "No call just now",
    setup: "A call is on its way",
    offered: "A call for you",
    joined: "You are talking",
  }[stageOf(call)];
}

export function rateWords(call) {
  return `${money(call.rate_minor, call.currency)}/min, ${call.share_bps / 100} % yours`;
}

/** How many free minutes the caller brings, and whether they pay. */
export function freeWords(call) {
  if (!call.free_seconds) return "none";
  const pays = call.free_minutes_pay ? `they pay you up to ${money(call.free_pay_minor, call.currency)}` : "they do not pay";
  return `${inMinutes(call.free_seconds)}, ${pays}`;
}

export function pastWords(call) {
  if (!call.past_calls) return "the first call";
  const last = new Date(call.last_at_ms).toLocaleDateString("en-US", { month: "short", day: "numeric" });
  return `${call.past_calls} call${call.past_calls === 1 ? "" : "s"}, last ${last}`;
}

export function presenceWords(state) {
  if (state.in_call) return "in a call";
  return state.wrap_up_until_ms ? "wrapping up" : state.presence;
}

export function untilWords(state) {
  if (!state.online_until_ms) return "";
  return new Date(state.online_until_ms).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
}

/** Said at two moments, not each second: it is read out. */
export function warningWords(left) {
  return left <= 15 ? "Fifteen seconds left, then the call ends." : "Less than a minute left on the caller’s balance.";
}
