import { median } from '../../mesh/median.ts'
import { add, scale, step, type Vec3 } from '../../mesh/vector.ts'
import { farthestMm, type Hollow, type Skin, wayToSkin } from './hollow.ts'

/** How far the wall of a hollow is from its axis, over the angle round it and the place along it. */
export interface WallMap {
  /** places along the axis: from `start` on, `pace` mm apart */
  readonly start: number
  readonly pace: number
  readonly rows: number
  /** even angles from u towards v */
  readonly columns: number
  /** row by row, mm: skin where there is some, and a smooth membrane over the gaps */
  readonly radius: Float64Array
  /** mm along the wall from the nearest gap or end; 0 where no skin is */
  readonly within: Float64Array
}

const columns = 120
const pace = 1

/**
 * Measures the wall from the axis and spans gaps (between fingers, before the thumb, beyond the hand) with a membrane
 * that is level with the skin at its edges: the solution of Laplace's equation over angle and place. Beyond both ends
 * of the hand it goes over into a round handle.
 * @param beyondMm how far past the hand the map goes on
 */
export function wallMap(skin: Skin, hollow: Hollow, beyondMm: number): WallMap {
  const { from, to, middle, axis, u, v } = hollow
  const rows = Math.ceil((to - from + 2 * beyondMm) / pace) + 1
  const start = (from + to - (rows - 1) * pace) / 2
  const radius = new Float64Array(rows * columns).fill(NaN)
  for (let row = 0; row < rows; row++) {
    const along = start + row * pace
    if (along < from || along > to) continue
    const at = step(middle, axis, along)
    for (let column = 0; column < columns; column++) {
      const angle = (2 * Math.PI * column) / columns
      const way = wayToSkin(skin, at, towards(u, v, angle), farthestMm)
      if (way > 0 && way < Infinity) radius[row * columns + column] = way
    }
  }
  dropFins(radius, rows)
  const within = depths(radius, rows)
  roundEnds(radius, { start, rows, from, to }, Math.min(10, beyondMm / 2))
  span(radius, rows)
  return { start, pace, rows, columns, radius, within }
}

/** The direction at an angle from u towards v. */
export const towards = (u: Vec3, v: Vec3, angle: number) => add(scale(u, Math.cos(angle)), scale(v, Math.sin(angle)))

/**
 * What rises from the wall like a fin is no wall to hold: a crevice between two fingers or at their tips, skin seen
 * through a gap, the hand's border curving away. Gone is what lies farther than `finMm` over the opening of the map
 * (Serra 1982) by a window broader than such things.
 */
function dropFins(radius: Float64Array, rows: number) {
  const known = radius.map((r) => (Number.isNaN(r) ? Infinity : r))
  const reach = 6
  const across = (row: Float64Array) => Math.round(reach / ((medianKnown(row) * 2 * Math.PI) / columns || 1))
  const low = window(known, rows, across, reach / pace, Math.min)
  // a window that stands in a gap sees next to nothing of the wall
  const opening = window(
    low.map((r, n) => (known[n] === Infinity ? 0 : r)),
    rows,
    across,
    reach / pace,
    Math.max,
  )
  for (let n = 0; n < radius.length; n++) if (radius[n] > opening[n] + finMm) radius[n] = NaN
}

const finMm = 1.5

/** The least (or most) of each place's neighbourhood: so many columns round it, then so many rows. */
function window(
  from: Float64Array,
  rows: number,
  across: (row: Float64Array) => number,
  along: number,
  of: (a: number, b: number) => number,
): Float64Array {
  const round = new Float64Array(from.length)
  for (let row = 0; row < rows; row++) {
    const line = from.subarray(row * columns, (row + 1) * columns)
    const reach = Math.min(columns >> 2, across(line.map((r) => (r > 0 && r < Infinity ? r : NaN))))
    for (let i = 0; i < columns; i++) {
      let value = line[i]
      for (let k = -reach; k <= reach; k++) value = of(value, line[(i + k + columns) % columns])
      round[row * columns + i] = value
    }
  }
  const out = new Float64Array(from.length)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) {
      let value = round[row * columns + i]
      for (let k = Math.max(0, row - along); k <= Math.min(rows - 1, row + along); k++)
        value = of(value, round[k * columns + i])
      out[row * columns + i] = value
    }
  }
  return out
}

const medianKnown = (values: Float64Array) => median(values.filter((value) => !Number.isNaN(value)))

/** For each place with skin, how many mm it lies from the nearest without (two sweeps over the map, Borgefors 1986). */
function depths(radius: Float64Array, rows: number): Float64Array {
  const out = Float64Array.from(radius, (r) => (Number.isNaN(r) ? 0 : 1e9))
  const wide = (n: number) => ((Number.isNaN(radius[n]) ? 15 : radius[n]) * 2 * Math.PI) / columns
  const better = (n: number, m: number, way: number) => {
    if (out[m] + way < out[n]) out[n] = out[m] + way
  }
  for (let turn = 0; turn < 2; turn++) {
    for (let row = 0; row < rows; row++) {
      for (let pass = 0; pass < 2 * columns; pass++) {
        const i = pass % columns
        const n = row * columns + i
        better(n, row * columns + ((i + columns - 1) % columns), wide(n))
        if (row > 0) better(n, n - columns, pace)
      }
    }
    for (let row = rows - 1; row >= 0; row--) {
      for (let pass = 2 * columns - 1; pass >= 0; pass--) {
        const i = pass % columns
        const n = row * columns + i
        better(n, row * columns + ((i + 1) % columns), wide(n))
        if (row < rows - 1) better(n, n + columns, pace)
      }
    }
  }
  return out
}

/** Beyond the hand and a piece to go over in: as thick as the last of the hollow is in the mean. */
function roundEnds(
  radius: Float64Array,
  { start, rows, from, to }: { start: number; rows: number; from: number; to: number },
  overMm: number,
) {
  const near = (low: number, high: number) => {
    const first = Math.max(0, Math.ceil((low - start) / pace))
    const last = Math.min(rows, Math.floor((high - start) / pace) + 1)
    return medianKnown(radius.subarray(first * columns, last * columns))
  }
  const low = near(from, from + 15)
  const high = near(to - 15, to)
  for (let row = 0; row < rows; row++) {
    const along = start + row * pace
    if (along < from - overMm) radius.fill(low, row * columns, (row + 1) * columns)
    if (along > to + overMm) radius.fill(high, row * columns, (row + 1) * columns)
  }
}

/** Laplace's equation over what is not known, by successive over-relaxation. */
function span(radius: Float64Array, rows: number) {
  const unknown: number[] = []
  for (let row = 0; row < rows; row++) {
    const round = radius.subarray(row * columns, (row + 1) * columns)
    const usual = medianKnown(round)
    for (let i = 0; i < columns; i++) if (Number.isNaN(round[i])) unknown.push(row * columns + i)
    fillAlong(round, usual)
  }
  // first guesses where a whole round is not known: straight on from the last that is
  for (let row = 1; row < rows; row++) copyRow(radius, row, row - 1)
  for (let row = rows - 2; row >= 0; row--) copyRow(radius, row, row + 1)
  for (let sweep = 0; sweep < 400; sweep++) {
    let most = 0
    for (const n of unknown) {
      const i = n % columns
      const base = n - i
      const up = n + columns < radius.length ? radius[n + columns] : radius[n]
      const down = n >= columns ? radius[n - columns] : radius[n]
      const wanted = (radius[base + ((i + 1) % columns)] + radius[base + ((i + columns - 1) % columns)] + up + down) / 4
      const by = 1.8 * (wanted - radius[n])
      radius[n] += by
      if (Math.abs(by) > most) most = Math.abs(by)
    }
    if (most < 1e-3) break
  }
}

function fillAlong(round: Float64Array, usual: number) {
  if (Number.isNaN(usual)) return
  for (let i = 0; i < round.length; i++) if (Number.isNaN(round[i])) round[i] = usual
}

function copyRow(radius: Float64Array, row: number, from: number) {
  if (!Number.isNaN(radius[row * columns]) || Number.isNaN(radius[from * columns])) return
  radius.copyWithin(row * columns, from * columns, (from + 1) * columns)
}

/** A figure of the map at an angle and a place, by straight lines between its points; level beyond its ends. */
export function onWall(map: WallMap, figures: Float64Array, angle: number, along: number): number {
  const turn = angle / (2 * Math.PI)
  const a = (turn - Math.floor(turn)) * columns
  const b = Math.max(0, Math.min(map.rows - 1.001, (along - map.start) / map.pace))
  const i = Math.floor(a) % columns
  const j = Math.floor(b)
  const s = a - Math.floor(a)
  const t = b - j
  const next = (i + 1) % columns
  const n = j * columns
  return (
    (1 - t) * ((1 - s) * figures[n + i] + s * figures[n + next]) +
    t * ((1 - s) * figures[n + columns + i] + s * figures[n + columns + next])
  )
}
