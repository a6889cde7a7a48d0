import { grown } from './grow.ts'

/** Vertices numbered by their coordinates: equal ones get the number of the first. */
export interface Weld {
  /** x y z of each vertex so far, with room behind them */
  positions: Float64Array<ArrayBuffer>
  count: number
  /** vertex number + 1 by hash, 0 where free; at most half full */
  slots: Int32Array<ArrayBuffer>
  /** Steps that may still be made over occupied slots. */
  steps: number
}

/**
 * With a good hash and a table half full a search makes about one such step. A file whose corners were chosen to
 * share their hashes would make it one per vertex, and time would grow with the square of its size.
 */
const STEPS_A_CORNER = 32

/**
 * @param corners how many will be looked up, as far as is known; it grows as needed
 * @param most how many will be looked up at most
 */
export const weldFor = (corners: number, most = corners): Weld => ({
  positions: new Float64Array(3 * Math.min(corners, 512)),
  count: 0,
  slots: new Int32Array(corners < 64 ? 128 : 1024),
  steps: 1024 + STEPS_A_CORNER * most,
})

const numbers = new Float64Array(3)
const words = new Uint32Array(numbers.buffer)

/**
 * The number of the vertex at x, y, z, a new one when there is none with exactly these coordinates (0 and -0 are the
 * same). They have to be finite. -1 when the corners are made to collide, so that welding would never end.
 */
export function welded(weld: Weld, x: number, y: number, z: number): number {
  if (2 * weld.count >= weld.slots.length) enlarge(weld)
  numbers[0] = x + 0
  numbers[1] = y + 0
  numbers[2] = z + 0
  const { slots, positions } = weld
  const mask = slots.length - 1
  let slot = hash() & mask
  for (let found = slots[slot]; found !== 0; found = slots[slot]) {
    const at = 3 * (found - 1)
    if (positions[at] === numbers[0] && positions[at + 1] === numbers[1] && positions[at + 2] === numbers[2]) {
      return found - 1
    }
    if (--weld.steps < 0) return -1
    slot = (slot + 1) & mask
  }
  const vertex = weld.count++
  const room = grown(positions, 3 * weld.count)
  weld.positions = room
  room[3 * vertex] = numbers[0]
  room[3 * vertex + 1] = numbers[1]
  room[3 * vertex + 2] = numbers[2]
  slots[slot] = vertex + 1
  return vertex
}

/** Of the bits in `numbers`: MurmurHash3 (Austin Appleby, public domain), 32 bits, over six words. */
function hash(): number {
  let h = 0x2545f491
  for (let i = 0; i < 6; i++) {
    let k = Math.imul(words[i], 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    h ^= Math.imul(k, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function enlarge(weld: Weld) {
  const { positions, count } = weld
  const slots = new Int32Array(2 * weld.slots.length)
  const mask = slots.length - 1
  for (let vertex = 0; vertex < count; vertex++) {
    for (let axis = 0; axis < 3; axis++) numbers[axis] = positions[3 * vertex + axis]
    let slot = hash() & mask
    while (slots[slot] !== 0) {
      slot = (slot + 1) & mask
      weld.steps-- // not looked at here: the next search ends when they are used up
    }
    slots[slot] = vertex + 1
  }
  weld.slots = slots
}
