import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { add, cross, dot, perpendicular, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { middleOfPoints, principalOf } from '../fit/principal.ts'
import { solveNormal } from '../least-squares.ts'
import { capNear } from './extremes.ts'
import { rollToRest, type Rest } from './rest.ts'
import { grainOf } from './skin.ts'
import type { Stance } from './stance.ts'

/** The plane that a foot stands on: points p with up · p = offset. */
export interface Ground {
  readonly up: Vec3
  readonly offset: number
  /** floor: it was scanned with the foot; flat: the sole lies flat on it; resting: it touches the sole at three points */
  readonly kind: 'floor' | 'flat' | 'resting'
}

/** Middles of triangles that face the ground (or, of a floor, away from it), with their areas. */
interface Layer {
  readonly points: Float64Array
  readonly weights: Float64Array
}

/**
 * The ground under a foot that stands roughly on its sole. Where much of the sole is pressed flat it is the plane
 * through that part (least squares, over its area: grains that stick out do not lift the foot). Else it is the plane
 * on which the foot rests without tipping, by three points of its smooth surface.
 */
export function groundUnder(mesh: Mesh, stance: Stance): Ground {
  const rough = { up: scale(stance.down, -1), offset: -stance.offset }
  const layer = layerNear(mesh, rough, 1, 0.1 * stance.length)
  const pressed = levelled(layer, rough, [6, 3, 1.5, 0.8, 0.5])
  if (pressed && dot(pressed.up, rough.up) > 0.99 && pressesFlat(layer, pressed, stance)) {
    return { up: pressed.up, offset: pressed.offset, kind: 'flat' }
  }
  // of a foot without a sole only the hollow of its arch faces down: the plane through that leads away
  const level = levelled(layer, rough, [12, 6])
  return resting(mesh, stance, level && dot(level.up, rough.up) > 0.99 ? level : rough)
}

/** The plane of a floor that was scanned with the foot. */
export function floorUnder(mesh: Mesh, stance: Stance): Ground | null {
  const rough = { up: scale(stance.down, -1), offset: -stance.offset }
  const layer = layerNear(mesh, rough, -1, 0.05 * stance.length)
  const level = levelled(layer, rough, [6, 3, 1.5, 0.8])
  return level && { ...level, kind: 'floor' }
}

interface Level {
  readonly up: Vec3
  readonly offset: number
}

/** The middles of triangles near a plane that face it, with their areas. */
function layerNear(mesh: Mesh, { up, offset }: Level, facing: 1 | -1, within: number): Layer {
  const { positions, triangles } = mesh
  const faces = faceVectors(mesh)
  const points = new Float64Array(faces.length)
  const weights = new Float64Array(faces.length / 3)
  let n = 0
  for (let t = 0; t < faces.length; t += 3) {
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    if (!(-facing * (faces[t] * up[0] + faces[t + 1] * up[1] + faces[t + 2] * up[2]) > 0.8 * size)) continue
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const x = (positions[a] + positions[b] + positions[c]) / 3
    const y = (positions[a + 1] + positions[b + 1] + positions[c + 1]) / 3
    const z = (positions[a + 2] + positions[b + 2] + positions[c + 2]) / 3
    if (Math.abs(x * up[0] + y * up[1] + z * up[2] - offset) > within) continue
    points[3 * n] = x
    points[3 * n + 1] = y
    points[3 * n + 2] = z
    weights[n++] = size / 2
  }
  return { points: points.subarray(0, 3 * n), weights: weights.subarray(0, n) }
}

/**
 * The plane to which most of a layer's area keeps close, sought with ever narrower reach (iteratively reweighted least
 * squares with Tukey's biweight: Holland & Welsch 1977). The last reach is carried to its end, so that the answer does
 * not depend on where it began.
 */
function levelled({ points, weights }: Layer, start: Level, reaches: readonly number[]): Level | null {
  if (weights.length < 3) return null
  let { up, offset } = start
  const middle = middleOfPoints(points, weights)
  const a = new Float64Array(9)
  const b = new Float64Array(3)
  for (const [stage, reach] of reaches.entries()) {
    const last = stage === reaches.length - 1
    for (let round = 0; round < (last ? 80 : 8); round++) {
      const u = perpendicular(up)
      const v = cross(up, u)
      a.fill(0)
      b.fill(0)
      for (let i = 0; i < weights.length; i++) {
        const x = points[3 * i]
        const y = points[3 * i + 1]
        const z = points[3 * i + 2]
        const h = x * up[0] + y * up[1] + z * up[2] - offset
        const t = h / reach
        if (!(t * t < 1)) continue
        const w = weights[i] * (1 - t * t) * (1 - t * t)
        const pu = ((x - middle[0]) * u[0] + (y - middle[1]) * u[1] + (z - middle[2]) * u[2]) / 100
        const pv = ((x - middle[0]) * v[0] + (y - middle[1]) * v[1] + (z - middle[2]) * v[2]) / 100
        a[0] += w
        a[3] += w * pu
        a[4] += w * pu * pu
        a[6] += w * pv
        a[7] += w * pu * pv
        a[8] += w * pv * pv
        b[0] += w * h
        b[1] += w * pu * h
        b[2] += w * pv * h
      }
      const by = solveNormal(a, b)
      if (!by) return null
      const anchor = step(middle, up, offset + by[0] - dot(middle, up))
      up = unit(subtract(subtract(up, scale(u, by[1] / 100)), scale(v, by[2] / 100)))
      offset = dot(anchor, up)
      const moved = Math.hypot(by[0], by[1], by[2])
      if (moved < (last ? 1e-8 : 1e-3)) break
    }
  }
  return { up, offset }
}

/** Whether the area is gathered on the plane, from heel to ball; below a rounded sole it is spread evenly over heights. */
function pressesFlat({ points, weights }: Layer, { up, offset }: Level, { forward, length, breadth }: Stance): boolean {
  let on = 0
  let above = 0
  let patches = 0
  let first = Infinity
  let last = -Infinity
  for (let i = 0; i < weights.length; i++) {
    const h = points[3 * i] * up[0] + points[3 * i + 1] * up[1] + points[3 * i + 2] * up[2] - offset
    if (Math.abs(h) < 3) above += weights[i]
    if (Math.abs(h) > 0.25) continue
    on += weights[i]
    patches++
    const x = points[3 * i] * forward[0] + points[3 * i + 1] * forward[1] + points[3 * i + 2] * forward[2]
    first = Math.min(first, x)
    last = Math.max(last, x)
  }
  // a few large triangles are flat whatever the sole is like; resting on them says the same
  return patches > 60 && on > 0.35 * above && on > 0.06 * length * breadth && last - first > 0.5 * length
}

function resting(mesh: Mesh, stance: Stance, start: Level): Ground {
  const { positions } = mesh
  const down = scale(start.up, -1)
  let lowest = Infinity
  for (let i = 0; i < positions.length; i += 3) lowest = Math.min(lowest, height(positions, i, start.up))
  const band: number[] = []
  for (let i = 0; i < positions.length; i += 3) {
    if (height(positions, i, start.up) < lowest + 0.12 * stance.length)
      band.push(positions[i], positions[i + 1], positions[i + 2])
  }
  // the weight of what stands on the ground: a leg that leans, or was cut off high up, must not tip the foot over
  const low = lowest + 0.4 * stance.length
  const { middle } = principalOf(mesh, (t) => {
    const v = 3 * mesh.triangles[3 * t]
    return height(positions, v, start.up) < low
  })
  const points = Float64Array.from(band)
  let best: Rest | null = null
  let least = Infinity
  const u = perpendicular(down)
  const v = cross(down, u)
  for (let k = 0; k < 9; k++) {
    const lean = k === 0 ? 0 : 0.02
    const tilt = add(scale(u, lean * Math.cos(k)), scale(v, lean * Math.sin(k)))
    const rest = rollToRest(points, middle, unit(add(down, tilt)))
    if (!rest || dot(rest.down, down) < 0.95) continue
    const high = dot(rest.feet[0], rest.down) - dot(middle, rest.down)
    if (high < least - 1e-7) {
      least = high
      best = rest
    }
  }
  if (!best) return { up: start.up, offset: lowest, kind: 'resting' }
  const grain = grainOf(mesh)
  let up = scale(best.down, -1)
  let feet = best.feet
  for (let round = 0; round < 4; round++) {
    feet = best.feet.map((foot) => capNear(grain, foot, scale(up, -1)).point) as unknown as Rest['feet']
    const across = cross(subtract(feet[1], feet[0]), subtract(feet[2], feet[0]))
    const next = unit(dot(across, up) > 0 ? across : scale(across, -1))
    if (!(dot(next, up) > 0.99)) {
      feet = best.feet
      break
    }
    up = next
  }
  return { up, offset: dot(feet[0], up), kind: 'resting' }
}

const height = (positions: Float64Array, i: number, up: Vec3) =>
  positions[i] * up[0] + positions[i + 1] * up[1] + positions[i + 2] * up[2]
