/** Numbers from 0 to 1 (not reached) that are the same for the same seed: what is drawn can be drawn again. */
export function seeded(seed: number): () => number {
  // mulberry32: 32 bits of state are plenty for sampling a surface, and it is quick
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Draws from the normal distribution with mean 0 and standard deviation 1 (Box & Muller 1958). */
export function gaussian(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
