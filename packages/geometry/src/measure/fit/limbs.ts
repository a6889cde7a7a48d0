import { newHeap } from '../../mesh/heap.ts'
import { applyTo, intoFrame, inverse, type Mat4 } from '../../mesh/matrix.ts'
import { type Mesh, transformed } from '../../mesh/mesh.ts'
import { shut } from '../../mesh/shut.ts'
import { angleDeg, dot, subtract, type Vec3 } from '../../mesh/vector.ts'
import { principalOf, principalOfPoints } from './principal.ts'
import { middleCube, middleOf, neighbourSteps, type Voxels, voxelsOf } from './voxels.ts'

/** Something that sticks out of a body: a finger, a leg, a head. */
export interface Limb {
  /** roughly its end */
  readonly tip: Vec3
  /** roughly where it joins the rest */
  readonly root: Vec3
  /** mm from root to tip, through the body */
  readonly length: number
  /** middles of its cubes, x y z each */
  readonly cubes: Float64Array
  /** mm, roughly: nine tenths of the cubes of its outer half lie within a rod so thick */
  readonly diameter: number
  /** numbers of the limbs that it is joined to at its root, where that is another limb */
  readonly joins: readonly number[]
}

/** The ways through a body from its middle. */
export interface Ways {
  /** mm to each cube; Infinity where no way leads */
  readonly length: Float64Array
  /** the cubes that ways lead to, the nearest first */
  readonly order: Uint32Array
}

/** The shortest way through the body from a cube to every other, from cube to touching cube (Dijkstra 1959). */
function waysFrom(voxels: Voxels, start: number): Ways {
  const { cell, solid } = voxels
  const length = new Float64Array(solid.length).fill(Infinity)
  const order = new Uint32Array(solid.length)
  const done = new Uint8Array(solid.length)
  const heap = newHeap(4096)
  const steps = Int32Array.from(neighbourSteps(voxels), ({ step }) => step)
  const sides = Float64Array.from(neighbourSteps(voxels), ({ length: side }) => side * cell)
  let reached = 0
  length[start] = 0
  heap.push(0, start)
  for (;;) {
    const i = heap.pop()
    if (i < 0) return { length, order: order.slice(0, reached) }
    if (done[i]) continue
    done[i] = 1
    order[reached++] = i
    const so = length[i]
    for (let k = 0; k < steps.length; k++) {
      const next = i + steps[k]
      if (!solid[next] || done[next]) continue
      const way = so + sides[k]
      if (way < length[next] - 1e-9) {
        length[next] = way
        heap.push(way, next)
      }
    }
  }
}

/** A body, the ways in it, and where it lies: cubes are counted along the principal axes of the surface. */
export interface Body {
  readonly voxels: Voxels
  readonly ways: Ways
  /** from the cubes' frame into that of the mesh */
  readonly back: Mat4
}

/**
 * The body of a mesh and the ways in it from its middle: of the ways to see it as cubes the first in which it hangs
 * together. Openings are shut with fans from their middles, so that it has an inside. Null for a mesh without any.
 */
export function bodyOf(mesh: Mesh, finest: number): Body | null {
  const { middle, axes } = principalOf(mesh)
  const into = intoFrame(axes[0], axes[1], axes[2], middle)
  const candidates = voxelsOf(shut(transformed(mesh, into)), finest)
  const count = (voxels: Voxels) => voxels.solid.reduce((sum, one) => sum + one, 0)
  const all = count(candidates[candidates.length - 1])
  for (const voxels of candidates) {
    const start = middleCube(voxels)
    if (start < 0) continue
    const ways = waysFrom(voxels, start)
    const cubes = count(voxels)
    const whole = ways.order.length > 0.9 * cubes && cubes > 0.25 * all
    if (whole || voxels === candidates[candidates.length - 1]) return { voxels, ways, back: inverse(into) }
  }
  return null
}

/**
 * The limbs of a body: ends that are farther from its middle than what is round them, and that stay apart from each
 * other for at least `least` mm towards it (zero-dimensional persistence of the way from the middle: Edelsbrunner,
 * Letscher & Zomorodian 2002; the tree of Morse theory as for skeletons: Hilaga et al. 2001). A limb reaches from its
 * end to where it first meets another one.
 * @returns the longest way out first
 */
export function limbsOf({ voxels, ways: { length: ways, order: nearestFirst }, back }: Body, least: number): Limb[] {
  const placeOf = (cube: number) => applyTo(back, middleOf(voxels, cube))
  const order = nearestFirst.toReversed()
  const steps = Int32Array.from(neighbourSteps(voxels), ({ step }) => step)
  const seen = new Uint8Array(voxels.solid.length)
  const lasting = new Map<number, number>() // ends that last, by cube, and how far down they stay apart
  sweep(order, ways.length, steps, (_, other, at) => {
    if (ways[other] - ways[at] >= least) lasting.set(other, at)
  })
  if (order.length > 0) lasting.set(order[0], order[order.length - 1])
  // once more with the lasting ends alone: a limb ends where two of them meet, for both
  const root = new Map<number, number>()
  const met = new Map<number, number[]>()
  sweep(order, ways.length, steps, (top, other, at) => {
    if (!lasting.has(top) || !lasting.has(other)) return
    for (const [one, two] of [
      [top, other],
      [other, top],
    ]) {
      // prettier-ignore
      if (root.has(one)) continue
      root.set(one, at)
      met.set(one, [two])
    }
  })
  const ends = [...lasting.keys()].sort((a, b) => ways[b] - ways[a])
  return ends.map((end) => {
    const at = root.get(end) ?? order[order.length - 1]
    const members = above(end, ways[at], ways, steps, seen)
    const length = ways[end] - ways[at]
    const middles = new Float64Array(3 * members.length)
    members.forEach((i, k) => middles.set(placeOf(i), 3 * k))
    const [tip, rootMiddle] = [placeOf(end), placeOf(at)]
    return {
      tip,
      root: rootMiddle,
      length,
      cubes: middles,
      diameter: thickness(outerHalf({ tip, root: rootMiddle, cubes: middles })) + 1.5 * voxels.cell,
      joins: (met.get(end) ?? []).map((other) => ends.indexOf(other)),
    }
  })
}

/**
 * Adds cubes from the farthest inwards and tells when two parts that were apart meet: the ends of both (the farther
 * one first), and the cube where they do.
 */
function sweep(
  order: Uint32Array,
  cubes: number,
  steps: Int32Array,
  meet: (top: number, other: number, at: number) => void,
) {
  const number = new Int32Array(cubes).fill(-1)
  const parent = Uint32Array.from(order, (_, k) => k)
  const end = Uint32Array.from(order, (_, k) => k) // of each part, by its representative: the first that was added
  const find = (k: number) => {
    let at = k
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]]
      at = parent[at]
    }
    return at
  }
  for (let k = 0; k < order.length; k++) {
    number[order[k]] = k
    for (const step of steps) {
      const other = number[order[k] + step]
      if (other < 0) continue
      const [p, q] = [find(k), find(other)]
      if (p === q) continue
      const [high, low] = end[p] <= end[q] ? [end[p], end[q]] : [end[q], end[p]]
      if (low !== k) meet(order[high], order[low], order[k])
      parent[q] = p
      end[p] = high
    }
  }
}

/** The cubes that can be reached from an end without coming nearer to the middle than `limit`. */
function above(end: number, limit: number, ways: Float64Array, steps: Int32Array, seen: Uint8Array): number[] {
  const out = [end]
  seen[end] = 1
  for (let k = 0; k < out.length; k++) {
    for (const step of steps) {
      const next = out[k] + step
      if (seen[next] || !(ways[next] > limit) || ways[next] === Infinity) continue
      seen[next] = 1
      out.push(next)
    }
  }
  for (const i of out) seen[i] = 0
  return out
}

/** The cubes of a limb from one share of the way between root and tip to another, x y z each. */
function stretchOf({ tip, root, cubes }: Pick<Limb, 'tip' | 'root' | 'cubes'>, from: number, to: number): Float64Array {
  const towards = subtract(tip, root)
  const whole = dot(towards, towards)
  const kept: number[] = []
  for (let i = 0; i < cubes.length; i += 3) {
    const cube: Vec3 = [cubes[i], cubes[i + 1], cubes[i + 2]]
    const share = dot(subtract(cube, root), towards) / whole
    if (share > from && share <= to) kept.push(...cube)
  }
  return kept.length > 8 * 3 ? Float64Array.from(kept) : cubes
}

/** The cubes of a limb that lie nearer to its tip than to its root, x y z each. */
export const outerHalf = (limb: Pick<Limb, 'tip' | 'root' | 'cubes'>) => stretchOf(limb, 0.45, Infinity)

/** Degrees by which a limb turns between its inner and its outer third. */
export function bendOf(limb: Limb): number {
  const [a, b, c] = [
    stretchOf(limb, -Infinity, 0.33),
    stretchOf(limb, 0.33, 0.67),
    stretchOf(limb, 0.67, Infinity),
  ].map((cubes) => principalOfPoints(cubes).middle)
  return angleDeg(subtract(b, a), subtract(c, b))
}

function thickness(cubes: Float64Array): number {
  const { middle, axes } = principalOfPoints(cubes)
  const away: number[] = []
  for (let i = 0; i < cubes.length; i += 3) {
    const p: Vec3 = [cubes[i] - middle[0], cubes[i + 1] - middle[1], cubes[i + 2] - middle[2]]
    away.push(Math.hypot(dot(p, axes[1]), dot(p, axes[2])))
  }
  away.sort((a, b) => a - b)
  return 2 * away[Math.floor(0.9 * (away.length - 1))]
}

/** The cube in the middle of a body, in the mesh's frame. */
export const middleOfBody = ({ voxels, ways, back }: Body): Vec3 => applyTo(back, middleOf(voxels, ways.order[0]))
