/** <favourite-button>: marks an operator without leaving the page. Without it the form posts and comes back. */

class FavouriteButton extends HTMLElement {
  connectedCallback() {
    this.querySelector("form").addEventListener("submit", (event) => this.#toggle(event));
  }

  async #toggle(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    const body = new FormData(form);
    body.set("favourite", button.value);
    const wasMarked = button.value === "0";
    show(button, !wasMarked);
    try {
      const headers = { Accept: "application/json" };
      // Kept also when the page is left meanwhile.
      const answer = await fetch(form.action, { method: "POST", body, headers, keepalive: true });
      if (!answer.ok || answer.redirected) show(button, wasMarked);
    } catch {
      show(button, wasMarked);
    }
  }
}

function show(button, isMarked) {
  button.setAttribute("aria-pressed", String(isMarked));
  button.value = isMarked ? "0" : "1";
}

customElements.define("favourite-button", FavouriteButton);
