/**
 * <greeting-recorder>: records a greeting with the microphone, plays it back, and puts it into the form as its file. Without it,
 * or without a microphone, the form takes a file.
 */

import "./moving-parts.js";
import { levelOf } from "./operator-microphone.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const ENDINGS = { "audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a" };
const BLOCKED = "Your browser blocks the microphone for this site. Allow it in the site settings, or upload a file.";
const MISSING = "We can’t find a microphone. Connect one, or upload a file.";

class GreetingRecorder extends HTMLElement {
  #recorder = null;
  #timer = 0;
  #playback = null;

  connectedCallback() {
    this.#part("file").addEventListener("change", () => this.#checkFile());
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return;
    this.#part("panel").hidden = false;
    this.#part("file-form").open = this.querySelector("form .field-error") !== null;
    this.#part("record").onclick = () => (this.#recorder ? this.#recorder.stop() : this.#record());
    this.#part("listen").onclick = () => (this.#playback ? this.#stopPlayback() : this.#listen());
    this.#part("submit").onclick = () => this.querySelector("form").requestSubmit();
  }

  disconnectedCallback() {
    this.#recorder?.stop();
    this.#stopPlayback();
  }

  async #record() {
    this.#stopPlayback();
    this.#fail("");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { autoGainControl: true, noiseSuppression: true } });
    } catch (error) {
      return this.#fail(error.name === "NotFoundError" ? MISSING : BLOCKED);
    }
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const chunks = [];
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 96000 });
    const level = levelOf(stream);
    const startedAt = performance.now();
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    recorder.onstop = () => {
      clearInterval(this.#timer);
      level.close();
      for (const track of stream.getTracks()) track.stop();
      this.#recorder = null;
      this.#keep(new Blob(chunks, { type: recorder.mimeType }));
    };
    recorder.start();
    this.#recorder = recorder;
    this.#show("Stop", "Recording. Press Stop when you’re done.", false);
    this.#timer = setInterval(() => {
      const left = this.#maxSeconds - (performance.now() - startedAt) / 1000;
      this.#tell(Math.max(0, Math.ceil(left)));
      this.#part("level").value = level.now();
      if (left <= 0 && recorder.state === "recording") recorder.stop();
    }, 100);
  }

  /** The recording becomes the file of the form. */
  #keep(blob) {
    const ending = ENDINGS[blob.type.split(";")[0]] ?? "webm";
    const files = new DataTransfer();
    files.items.add(new File([blob], `greeting.${ending}`, { type: blob.type }));
    this.#part("file").files = files.files;
    this.#part("level").value = 0;
    this.#tell(this.#maxSeconds);
    this.#show("Record again", "Recorded. Listen to it, then submit it.", true);
    this.#part("listen").focus();
  }

  async #listen() {
    const context = new AudioContext();
    const source = context.createBufferSource();
    this.#playback = { context, source };
    this.#part("listen-label").textContent = "Stop";
    try {
      source.buffer = await context.decodeAudioData(await this.#part("file").files[0].arrayBuffer());
      source.connect(context.destination);
      source.onended = () => this.#stopPlayback();
      source.start();
    } catch {
      this.#stopPlayback();
      this.#fail("We can’t play this recording here. You can submit it anyway.");
    }
  }

  #stopPlayback() {
    const playback = this.#playback;
    this.#playback = null;
    this.#part("listen-label").textContent = "Listen";
    if (playback?.context.state !== "closed") playback?.context.close();
  }

  #checkFile() {
    const [file] = this.#part("file").files;
    const most = Number(this.dataset.maxBytes);
    this.#fail(file && file.size > most ? `The file is larger than ${most / 1024 ** 2} MB.` : "");
  }

  #show(record, status, isRecorded) {
    this.#part("record-label").textContent = record;
    this.#part("record").classList.toggle("button--primary", !isRecorded);
    this.#part("status").textContent = status;
    for (const name of ["listen", "submit"]) this.#part(name).hidden = !isRecorded;
  }

  #tell(seconds) {
    this.#part("time").textContent = `0:${String(seconds).padStart(2, "0")}`;
  }

  #fail(text) {
    const error = this.#part("error");
    error.textContent = text;
    error.hidden = !text;
  }

  get #maxSeconds() {
    return Number(this.dataset.maxSeconds);
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

customElements.define("greeting-recorder", GreetingRecorder);
