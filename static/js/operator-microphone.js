/** How loud a microphone is now, 0 to 1. */
export function levelOf(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(stream).connect(analyser);
  const now = () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.min(1, 2 * samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0));
  };
  return { now, close: () => context.close() };
}
