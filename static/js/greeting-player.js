/**
 * <greeting-player>: plays a recorded greeting in place and counts down; one at a time on a page. Without it there is a link
 * to the file.
 */

let playing = null;

class GreetingPlayer extends HTMLElement {
  #audio;
  #button;
  #time;

  connectedCallback() {
    this.#audio = this.querySelector('[data-part="audio"]');
    this.#button = this.querySelector('[data-part="button"]');
    this.#time = this.querySelector('[data-part="time"]');
    this.#button.dataset.playLabel ??= this.#button.getAttribute("aria-label");
    this.querySelector('[data-part="link"]').hidden = true;
    this.#button.hidden = false;
    this.#button.onclick = () => (this.#audio.paused ? this.#play() : this.stop());
    this.#audio.ontimeupdate = () => this.#count();
    this.#audio.onended = () => this.stop();
    this.#audio.onerror = () => this.stop();
    // The last source that fails says so, and nothing else does.
    this.#audio.lastElementChild.onerror = () => this.#fail();
  }

  disconnectedCallback() {
    this.stop();
  }

  async #play() {
    playing?.stop();
    playing = this;
    this.#show(true);
    try {
      await this.#audio.play();
    } catch (error) {
      if (error.name !== "AbortError") this.#fail();
    }
  }

  stop() {
    if (playing === this) playing = null;
    this.#audio.pause();
    this.#audio.currentTime = 0;
    this.#show(false);
  }

  #fail() {
    this.stop();
    this.#time.textContent = "Can’t play";
  }

  #show(isPlaying) {
    this.querySelector('[data-part="play"]').hidden = isPlaying;
    this.querySelector('[data-part="stop"]').hidden = !isPlaying;
    const { playLabel, stopLabel } = this.#button.dataset;
    this.#button.setAttribute("aria-label", isPlaying ? stopLabel : playLabel);
    this.toggleAttribute("data-playing", isPlaying);
    this.#count();
  }

  /** What is left, in whole seconds. */
  #count() {
    const whole = Number(this.#time.dataset.seconds);
    const left = Math.max(0, Math.ceil(whole - this.#audio.currentTime));
    this.#time.textContent = `0:${String(left).padStart(2, "0")}`;
  }
}

customElements.define("greeting-player", GreetingPlayer);
