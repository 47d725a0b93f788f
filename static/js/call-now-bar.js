/** <call-now-bar>: steps aside while the page's own call button, or what stands in its place, is on the screen. */

const OWN_BUTTON = "call-module .call-actions";

class CallNowBar extends HTMLElement {
  #observer = null;
  #onApplied = () => this.#watch();

  connectedCallback() {
    this.#observer = new IntersectionObserver(([entry]) => this.toggleAttribute("data-aside", entry.isIntersecting));
    document.addEventListener("live:applied", this.#onApplied);
    this.#watch();
  }

  disconnectedCallback() {
    document.removeEventListener("live:applied", this.#onApplied);
    this.#observer.disconnect();
  }

  #watch() {
    this.#observer.disconnect();
    const button = document.querySelector(OWN_BUTTON);
    if (button) this.#observer.observe(button);
  }
}

customElements.define("call-now-bar", CallNowBar);
