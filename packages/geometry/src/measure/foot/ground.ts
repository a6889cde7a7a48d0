import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { add, cross, dot, perpendicular, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { principalOf } from '../fit/principal.ts'
import { solveNormal } from '../least-squares.ts'
import { capNear, type Grain } from './extremes.ts'
import { rollToRest, type Rest } from './rest.ts'
import type { Stance } from './stance.ts'

/** The plane that a foot stands on: points p with up · p = offset. */
export interface Ground {
  readonly up: Vec3
  readonly offset: number
  /** floor: it was scanned with the foot; flat: the sole lies flat on it; resting: it touches the sole at three points */
  readonly kind: 'floor' | 'flat' | 'resting'
  /** mm: how far the sole (the floor) lies from it, root mean square, where it touches */
  readonly residual: number
}

/** Corners of triangles that face the ground (or, of a floor, away from it), with a third of their area each. */
interface Layer {
  readonly points: Float64Array
  readonly weights: Float64Array
}

/**
 * The ground under a foot that stands roughly on its sole. Where much of the sole is pressed flat it is the plane
 * through that part (least squares, over its area: grains that stick out do not lift the foot). Else it is the plane
 * on which the foot rests without tipping, by three points of its smooth surface.
 */
export function groundUnder(grain: Grain, stance: Stance): Ground {
  const { mesh } = grain.patches
  const rough = { up: scale(stance.down, -1), offset: -stance.offset }
  const layer = layerNear(mesh, rough, 1, 0.1 * stance.length)
  const pressed = levelled(layer, rough, [6, 3, 1.5, 0.8, 0.5])
  if (pressed && dot(pressed.up, rough.up) > 0.99 && pressesFlat(layer, pressed, stance)) {
    return { up: pressed.up, offset: pressed.offset, kind: 'flat', residual: pressed.residual }
  }
  return resting(grain, stance, levelled(layer, rough, [12, 6]) ?? rough)
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

function layerNear(mesh: Mesh, { up, offset }: Level, facing: 1 | -1, within: number): Layer {
  const faces = faceVectors(mesh)
  const points: number[] = []
  const weights: number[] = []
  for (let t = 0; t < faces.length; t += 3) {
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    if (-facing * (faces[t] * up[0] + faces[t + 1] * up[1] + faces[t + 2] * up[2]) < 0.8 * size) continue
    for (let k = 0; k < 3; k++) {
      const v = 3 * mesh.triangles[t + k]
      const p = mesh.positions.subarray(v, v + 3)
      if (Math.abs(p[0] * up[0] + p[1] * up[1] + p[2] * up[2] - offset) > within) continue
      points.push(p[0], p[1], p[2])
      weights.push(size / 6)
    }
  }
  return { points: Float64Array.from(points), weights: Float64Array.from(weights) }
}

/**
 * The plane to which most of a layer's area keeps close, sought with ever narrower reach (iteratively reweighted least
 * squares with Tukey's biweight: Holland & Welsch 1977). Each reach is carried to its end, so that the answer does not
 * depend on where it began.
 */
function levelled({ points, weights }: Layer, start: Level, reaches: number[]): (Level & { residual: number }) | null {
  let { up, offset } = start
  let residual = 0
  const a = new Float64Array(9)
  const b = new Float64Array(3)
  for (const reach of reaches) {
    for (let round = 0; round < 60; round++) {
      const u = perpendicular(up)
      const v = cross(up, u)
      const middle = middleNear(points, weights, up, offset, reach)
      if (!middle) return null
      a.fill(0)
      b.fill(0)
      let sum = 0
      let squares = 0
      for (let i = 0; i < weights.length; i++) {
        const x = points[3 * i] - middle[0]
        const y = points[3 * i + 1] - middle[1]
        const z = points[3 * i + 2] - middle[2]
        const h = points[3 * i] * up[0] + points[3 * i + 1] * up[1] + points[3 * i + 2] * up[2] - offset
        if (!(Math.abs(h) < reach)) continue
        const w = weights[i] * (1 - (h / reach) ** 2) ** 2
        const pu = (x * u[0] + y * u[1] + z * u[2]) / 100
        const pv = (x * v[0] + y * v[1] + z * v[2]) / 100
        a[0] += w
        a[3] += w * pu
        a[4] += w * pu * pu
        a[6] += w * pv
        a[7] += w * pu * pv
        a[8] += w * pv * pv
        b[0] += w * h
        b[1] += w * pu * h
        b[2] += w * pv * h
        sum += w
        squares += w * h * h
      }
      const by = solveNormal(a, b)
      if (!by) return null
      residual = Math.sqrt(squares / sum)
      const tilt = Math.hypot(by[1], by[2]) / 100
      const anchor = step(middle, up, offset + by[0] - dot(middle, up))
      up = unit(subtract(subtract(up, scale(u, by[1] / 100)), scale(v, by[2] / 100)))
      offset = dot(anchor, up)
      if (tilt < 1e-9 && Math.abs(by[0]) < 1e-7) break
    }
  }
  return { up, offset, residual }
}

/** The middle of a layer's area within reach of a plane. */
function middleNear(points: Float64Array, weights: Float64Array, up: Vec3, offset: number, reach: number): Vec3 | null {
  let sum = 0
  let x = 0
  let y = 0
  let z = 0
  for (let i = 0; i < weights.length; i++) {
    const h = points[3 * i] * up[0] + points[3 * i + 1] * up[1] + points[3 * i + 2] * up[2] - offset
    if (!(Math.abs(h) < reach)) continue
    const w = weights[i] * (1 - (h / reach) ** 2) ** 2
    sum += w
    x += w * points[3 * i]
    y += w * points[3 * i + 1]
    z += w * points[3 * i + 2]
  }
  return sum > 0 ? [x / sum, y / sum, z / sum] : null
}

/** Whether the area is gathered on the plane, from heel to ball; below a rounded sole it is spread evenly over heights. */
function pressesFlat({ points, weights }: Layer, { up, offset }: Level, { forward, length, breadth }: Stance): boolean {
  let on = 0
  let above = 0
  let corners = 0
  let first = Infinity
  let last = -Infinity
  for (let i = 0; i < weights.length; i++) {
    const h = points[3 * i] * up[0] + points[3 * i + 1] * up[1] + points[3 * i + 2] * up[2] - offset
    if (Math.abs(h) < 3) above += weights[i]
    if (Math.abs(h) > 0.25) continue
    on += weights[i]
    corners++
    const x = points[3 * i] * forward[0] + points[3 * i + 1] * forward[1] + points[3 * i + 2] * forward[2]
    first = Math.min(first, x)
    last = Math.max(last, x)
  }
  // a few large triangles are flat whatever the sole is like; resting on them says the same
  return corners > 100 && on > 0.35 * above && on > 0.06 * length * breadth && last - first > 0.5 * length
}

function resting(grain: Grain, stance: Stance, start: Level): Ground {
  const { mesh } = grain.patches
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
  if (!best) return { ...levelAt(lowest, start.up), kind: 'resting', residual: grain.noise }
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
  return { up, offset: dot(feet[0], up), kind: 'resting', residual: grain.noise }
}

const levelAt = (offset: number, up: Vec3) => ({ up, offset })
const height = (positions: Float64Array, i: number, up: Vec3) =>
  positions[i] * up[0] + positions[i + 1] * up[1] + positions[i + 2] * up[2]
