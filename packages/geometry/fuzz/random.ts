/** Random numbers that are the same each time for the same seed and input: an input is made again from two numbers. */
export interface Random {
  /** 0 to 1, 1 not included */
  share(): number
  /** a whole number from 0 to n - 1 */
  below(n: number): number
  pick<T>(items: readonly T[]): T
}

/** mulberry32 (Tommy Ettinger, public domain), started from the seed and the input's number mixed. */
export function randomOf(seed: number, input: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(input + 1, 0xc2b2ae35)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  for (let i = 0; i < 4; i++) next()
  const share = () => next() / 2 ** 32
  const below = (n: number) => Math.floor(share() * n)
  return { share, below, pick: (items) => items[below(items.length)] }
}
