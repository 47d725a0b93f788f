/** <copy-link>: a button that copies its text. Without it, or where the browser doesn't allow it, the text can be selected. */

class CopyLink extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.dataset.text);
      this.#say("done");
    } catch {
      this.#say("failed");
    }
  }

  #say(result) {
    const words = this.querySelector(`template[data-result="${result}"]`).content.textContent.trim();
    this.querySelector('[role="status"]').textContent = words;
  }
}

customElements.define("copy-link", CopyLink);
