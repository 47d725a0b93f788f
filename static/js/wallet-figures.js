/** Keeps every [data-wallet="balance"] and [data-wallet="free"] on the page at what the server last said. */

import { live } from "./live-socket.js";
import { inMinutes, money } from "./show.js";

live.addEventListener("wallet", ({ detail: wallet }) => {
  write("balance", money(wallet.balance_minor, wallet.currency));
  write("free", inMinutes(wallet.free_seconds));
});

function write(name, text) {
  for (const element of document.querySelectorAll(`[data-wallet="${name}"]`)) element.textContent = text;
}
