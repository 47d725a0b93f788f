/** A button that ends the running call, wherever on the site it stands. Without this script its form is posted. */

import { post } from "./api.js";
import { live } from "./live-socket.js";

/** End the call from the form `event` came from; the button rests until the answer is there. */
export async function hangUp(element, event) {
  event.preventDefault();
  const button = element.querySelector(".hangup-btn");
  button.disabled = true;
  await post(element.dataset.hangupUrl, { call_id: live.call.call_id });
  button.disabled = false;
  live.refresh();
}
