/**
 * The figures of a running call, out of the server's snapshot: a copy of `billing/rating.py` for rendering only
 * (the tests hold the two against each other). Pure: whole seconds and minor units, no clock, no page.
 * Nothing is decided here: what a call costs is what the server says when it is over.
 */

/** Whole seconds both have been on the line: rounded down, at least 1, never beyond what was granted; 0 unjoined. */
export function chargedSeconds(call, nowMs) {
  if (call.joined_at_ms === null) return 0;
  const joined = Math.floor((nowMs - call.joined_at_ms) / 1000);
  return Math.min(call.granted_seconds, Math.max(1, joined));
}

/** `seconds` in started increments; 0 within the grace period. */
export function billableSeconds(call, seconds) {
  if (seconds <= 0 || seconds < call.grace_seconds) return 0;
  if (seconds <= call.first_seconds) return call.first_seconds;
  const started = Math.ceil((seconds - call.first_seconds) / call.next_seconds);
  return call.first_seconds + started * call.next_seconds;
}

/** All a call of `seconds` costs the customer, in minor units: the fee once, and the talk. */
export function costMinor(call, seconds) {
  const billable = billableSeconds(call, seconds);
  if (billable === 0) return 0;
  const paid = billable - Math.min(call.free_seconds, billable);
  return call.fee_minor + roundHalfUp(call.rate_minor * paid, 60);
}

/** Seconds until the next increment is charged: the first second after the current one. */
export function secondsToNextIncrement(call, seconds) {
  return Math.max(call.first_seconds, billableSeconds(call, Math.max(1, seconds))) + 1 - seconds;
}

/** Seconds that are still granted. */
export function secondsLeft(call, nowMs) {
  return Math.max(0, call.granted_seconds - chargedSeconds(call, nowMs));
}

/** Free seconds a call of `seconds` leaves over. */
export function freeSecondsLeft(call, seconds) {
  return Math.max(0, call.free_seconds - billableSeconds(call, seconds));
}

/**
 * What the operator has earned so far: their share of the talk and of the fee, and the platform's pay for free minutes
 * it gave, each rounded once. `call.reserved` lists the free seconds in the order they are used, and who pays for them.
 */
export function earnedMinor(call, seconds) {
  const billable = billableSeconds(call, seconds);
  if (billable === 0) return 0;
  let left = billable;
  let promoSeconds = 0;
  for (const [kept, isPlatformFunded] of call.reserved ?? []) {
    const used = Math.min(kept, left);
    left -= used;
    if (isPlatformFunded) promoSeconds += used;
  }
  const talk = roundHalfUp(call.rate_minor * left, 60);
  return (
    roundHalfUp(talk * call.share_bps, 10000) +
    roundHalfUp(call.fee_minor * call.share_bps, 10000) +
    Number(roundHalfUp(BigInt(call.share_bps * call.rate_minor * promoSeconds) * BigInt(call.promo_pay_bps), 6000000000n))
  );
}

function roundHalfUp(numerator, denominator) {
  if (typeof numerator === "bigint") return (2n * numerator + denominator) / (2n * denominator);
  return Math.floor((2 * numerator + denominator) / (2 * denominator));
}
