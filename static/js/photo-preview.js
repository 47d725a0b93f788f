/**
 * <photo-preview>: shows how a chosen photo will be cut before it is sent, and says early what the server would refuse.
 * The cut is that of operators/photo_processing.py: upright, four by five, leaning up. Without it the form works as it is.
 */

const MAX_BYTES = 10 * 1024 * 1024;
const LEANS_UP = 0.4;

class PhotoPreview extends HTMLElement {
  connectedCallback() {
    this.querySelector('[data-part="file"]').addEventListener("change", (event) => this.#show(event.target.files[0]));
  }

  async #show(file) {
    const canvas = this.querySelector('[data-part="canvas"]');
    canvas.hidden = true;
    this.#say("");
    if (!file) return;
    if (file.size > MAX_BYTES) return this.#say("The file is larger than 10 MB.");
    try {
      const photo = await createImageBitmap(file);
      draw(canvas, photo);
      photo.close();
      canvas.hidden = false;
    } catch {
      this.#say("The file is damaged, or not a photo we can read. Please try another.");
    }
  }

  #say(text) {
    const error = this.querySelector('[data-part="error"]');
    error.textContent = text;
    error.hidden = !text;
  }
}

/** Fill the canvas with the middle of the photo. */
function draw(canvas, photo) {
  const scale = Math.max(canvas.width / photo.width, canvas.height / photo.height);
  const [width, height] = [photo.width * scale, photo.height * scale];
  const left = (canvas.width - width) / 2;
  const top = (canvas.height - height) * LEANS_UP;
  canvas.getContext("2d").drawImage(photo, left, top, width, height);
}

customElements.define("photo-preview", PhotoPreview);
