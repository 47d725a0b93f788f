/**
 * <code-wait>: counts down the seconds until the next code may be asked for, and keeps the button of its form disabled
 * until then. Only the end is read out. Without it the wait is a sentence, and the server refuses who asks too early.
 */

class CodeWait extends HTMLElement {
  #timer = null;

  connectedCallback() {
    const endsAt = Date.now() + Number(this.dataset.seconds) * 1000;
    this.#button.disabled = true;
    this.#timer = setInterval(() => this.#tick(endsAt), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #tick(endsAt) {
    const seconds = Math.ceil((endsAt - Date.now()) / 1000);
    if (seconds > 0) {
      this.#part("left").textContent = inWords(seconds);
      return;
    }
    clearInterval(this.#timer);
    this.#button.disabled = false;
    this.#part("wait").hidden = true;
    this.#part("over").textContent = this.#part("over").dataset.words;
  }

  get #button() {
    return this.closest("form").querySelector("[type=submit]");
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

/** 58 → "58 seconds", in the page's language. */
function inWords(seconds) {
  const format = { style: "unit", unit: "second", unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(seconds);
}

customElements.define("code-wait", CodeWait);
