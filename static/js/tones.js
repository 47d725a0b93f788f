/** A soft two-tone. Browsers play nothing until somebody has touched the page. */

const TONES_HZ = [523, 659];
let audio = null;

export function playTones() {
  audio ??= new AudioContext();
  audio.resume().catch(() => {});
  TONES_HZ.forEach((hertz, index) => {
    const at = audio.currentTime + index * 0.25;
    const tone = new OscillatorNode(audio, { frequency: hertz });
    const loudness = new GainNode(audio, { gain: 0 });
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.2, at + 0.03);
    loudness.gain.linearRampToValueAtTime(0, at + 0.22);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.25);
  });
}
