/** What to say for an error code of the API: kind, short, and what to do now. Nothing was charged in any of them. */

import { money } from "./show.js";

/** A sentence for `data` (the body of an error answer); `name` is the operator's. */
export function textOf(data, name) {
  const say = {
    insufficient_balance: () =>
      typeof data.required === "number"
        ? `A call with ${name} needs at least ${money(Math.round(data.required * 100))} on your balance.`
        : data.error,
    operator_busy: () => `${name} has just started another call. You were not charged.`,
    operator_offline: () => `${name} has just gone offline. You were not charged.`,
    already_in_call: () => "You are in a call already. It shows at the foot of the page.",
    phone_system_unavailable: () => "Our phone line does not answer just now. You were not charged. Please try again in a minute.",
    network: () => "We could not reach the site. Check your connection and try again.",
    unreadable: () => "Something went wrong on our side. You were not charged.",
  }[data.code];
  return say ? say() : data.error || "Something went wrong on our side. You were not charged.";
}
