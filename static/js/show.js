/** How amounts and times are written, the same as on the server (`core.money.show`). Pure. */

const SYMBOLS = { USD: "$", EUR: "€", GBP: "£" };

/** 123450 → "$1,234.50". */
export function money(minor, currency = "USD") {
  const whole = Math.trunc(Math.abs(minor) / 100).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const digits = `${whole}.${(Math.abs(minor) % 100).toString().padStart(2, "0")}`;
  const sign = minor < 0 ? "-" : "";
  return currency in SYMBOLS ? `${sign}${SYMBOLS[currency]}${digits}` : `${sign}${digits} ${currency}`;
}

/** 323 → "05:23", 3723 → "1:02:03". */
export function clock(seconds) {
  const two = (n) => n.toString().padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const tail = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${tail}` : tail;
}

/** 660 → "11 minutes", 60 → "1 minute", 90 → "1.5 minutes". */
export function inMinutes(seconds) {
  const count = Math.round((seconds * 100) / 60) / 100;
  return count === 1 ? "1 minute" : `${count} minutes`;
}
