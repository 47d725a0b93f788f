/**
 * The page rings while the operator's phone rings: a soft two-tone, the title of the tab, a buzz on phones.
 * Browsers keep pages silent until somebody touches them, so the sound has a switch, remembered on this device.
 */

const KEY = "console-rings";
const EVERY_MS = 3000;
const TONES_HZ = [523, 659];

export class Ring {
  #button;
  #audio = null;
  #timer = null;
  #title = document.title;

  constructor(button) {
    this.#button = button;
    this.#show();
    button?.addEventListener("click", () => {
      localStorage.setItem(KEY, this.#isOn() ? "off" : "on");
      this.#show();
      if (this.#isOn()) this.#sound();
    });
  }

  /** Ring, or be quiet. Harmless when it does already. */
  set(isRinging) {
    if (isRinging === (this.#timer !== null)) return;
    clearInterval(this.#timer);
    this.#timer = null;
    document.title = this.#title;
    if (!isRinging) return;
    const once = () => {
      document.title = document.title === this.#title ? "A call for you" : this.#title;
      if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
      if (this.#isOn()) this.#sound();
    };
    once();
    this.#timer = setInterval(once, EVERY_MS);
  }

  #sound() {
    this.#audio ??= new AudioContext();
    this.#audio.resume().catch(() => {});
    TONES_HZ.forEach((hertz, index) => {
      const at = this.#audio.currentTime + index * 0.25;
      const tone = new OscillatorNode(this.#audio, { frequency: hertz });
      const loudness = new GainNode(this.#audio, { gain: 0 });
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(0.2, at + 0.03);
      loudness.gain.linearRampToValueAtTime(0, at + 0.22);
      tone.connect(loudness).connect(this.#audio.destination);
      tone.start(at);
      tone.stop(at + 0.25);
    });
  }

  #isOn() {
    return localStorage.getItem(KEY) === "on";
  }

  #show() {
    this.#button?.setAttribute("aria-pressed", String(this.#isOn()));
  }
}
