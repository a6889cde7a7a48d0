import { compose, type Mat4, rotation, turn } from '../../mesh/matrix.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import { cross, dot, length, perpendicular, scale, unit, type Vec3 } from '../../mesh/vector.ts'
import { normalEquations, solveNormal } from '../least-squares.ts'
import { blurred, type HeightMap } from '../../mesh/height-map.ts'
import { foldedPlaces } from './folded.ts'
import { reference } from './reference.ts'
import { openSide, reachOf, type Samples, samplesOf, thinned } from './skin-samples.ts'

/** Where an ear lies: a similarity that brings it onto the reference ear, and how well the two agree. */
export interface EarPose {
  /** from the scan's frame into the reference's: turned, moved, and sized to it; a right ear is mirrored */
  toReference: Mat4
  /** how many times larger the reference is than this ear */
  size: number
  side: 'left' | 'right'
  /** 0 to 1: the share of the reference ear's surface that this one matches within 2 mm, once sized to it */
  agreement: number
  /** the agreement that the best pose of the other side reached */
  otherAgreement: number
}

/** A height field with its slopes, and which of its points belong to the ear itself. */
interface Field extends HeightMap {
  slopesX: Float64Array
  slopesY: Float64Array
}

/**
 * Finds an ear in a scan of an ear and the skin round it, in any pose, left or right.
 *
 * The reference ear is a height field, so a point is compared with the height under it (projective point-to-plane
 * ICP: Blais & Levine 1995, Chen & Medioni 1992), from coarse to fine, begun in every turn about the direction that
 * the scan faces, as a left and as a right ear. The finest step runs over all triangles until it stands still, so that
 * the outcome moves and turns with the scan.
 */
export function findEar(mesh: Mesh): EarPose | null {
  const all = samplesOf(mesh, 200_000)
  if (all.count < 200) return null
  const reach = reachOf(all)
  // closed skin of that size is a head: it has two ears, or none that was scanned
  if (reach > earReach && !openSide(all)) return null
  const whole = earAmong(all, [all])
  if (reach < earReach || reach > headReach) return whole
  const sought = earAmong(all, foldedPlaces(all))
  return sought && sought.agreement > Math.max(sure, whole?.agreement ?? 0) ? sought : whole
}

/** An ear and the skin round it reach no farther than this from their middle, mm; from there on it is sought. */
const earReach = 65
/** What reaches farther, mm, is no scan of an ear, nor of half a head. */
const headReach = 190
/** Ears agree with the reference by this and more; what is bent like one, among all that a large scan shows, less. */
const sure = 0.8

/** @param places parts of all samples about which the ear may lie */
function earAmong(all: Samples, places: readonly Samples[]): EarPose | null {
  const coarse = fields()[0]
  const begun = places.flatMap((place) => {
    const few = thinned(place, 1500)
    return facings(few)
      .flatMap((facing) => turnsAbout(facing, place))
      .map(({ side, pose: start }) => {
        const pose = aligned(few, coarse, start, { steps: 14, reach: 8 })
        return { side, few, pose, agreement: agreementOf(few, coarse, pose) }
      })
  })
  const best = (side: 'left' | 'right') => {
    const sided = begun.filter((start) => start.side === side).sort((a, b) => b.agreement - a.agreement)
    return sided
      .slice(0, 8)
      .map(({ few, pose }) => {
        const middle = aligned(few, fields()[1], pose, { steps: 25, reach: 4 })
        return { pose: middle, agreement: agreementOf(few, fields()[1], middle) }
      })
      .sort((a, b) => b.agreement - a.agreement)[0]
  }
  const left = best('left')
  const right = best('right')
  if (!left || !right) return null
  const side = left.agreement >= right.agreement ? 'left' : 'right'
  const [won, lost] = side === 'left' ? [left, right] : [right, left]
  const pose = aligned(all, fields()[1], won.pose, { steps: 300, reach: 3, settled: true })
  return {
    toReference: pose,
    size: length(turn(pose, [1, 0, 0])),
    side,
    agreement: agreementOf(all, fields()[1], pose),
    otherAgreement: lost.agreement,
  }
}

let made: Field[] | undefined
/** The reference, blurred by 4 mm and by 1.2 mm; made when the first ear comes. */
function fields(): Field[] {
  made ??= [4, 1.2].map((sigma) => {
    const bytes = Uint8Array.fromBase64(reference.heights)
    const steps = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    const heights = Float64Array.from(steps, (step) => reference.base + step / 100)
    return withSlopes(blurred({ ...reference, heights }, sigma))
  })
  return made
}

function withSlopes(view: HeightMap): Field {
  const { columns, rows, cell, heights } = view
  const slopesX = new Float64Array(heights.length)
  const slopesY = new Float64Array(heights.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column
      const left = Math.max(0, column - 1)
      const right = Math.min(columns - 1, column + 1)
      const down = Math.max(0, row - 1)
      const up = Math.min(rows - 1, row + 1)
      slopesX[at] = (heights[row * columns + right] - heights[row * columns + left]) / ((right - left) * cell)
      slopesY[at] = (heights[up * columns + column] - heights[down * columns + column]) / ((up - down) * cell)
    }
  }
  return { ...view, slopesX, slopesY }
}

/** The directions that a scan may face: where its open side points; of a closed one, both ends of each main axis. */
function facings(samples: Samples): readonly Vec3[] {
  const open = openSide(samples)
  if (open) return [open]
  return identityAxes.flatMap((axis) => [axis, scale(axis, -1)])
}

const identityAxes: readonly Vec3[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
]

/** Sixteen turns about a facing, as a left and as a right ear, with what stands out laid onto the reference's ear. */
function turnsAbout(facing: Vec3, samples: Samples) {
  const x = perpendicular(facing)
  const y = cross(facing, x)
  const middle = reliefMiddle(samples, facing)
  const target: Vec3 = [40, 38, 80]
  return (['left', 'right'] as const).flatMap((side) =>
    Array.from({ length: 16 }, (_, k) => {
      const base: Mat4 = [...x, 0, ...y, 0, ...facing, 0, 0, 0, 0, 1]
      const mirrored: Mat4 = side === 'left' ? base : compose([-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], base)
      const turned = compose(rotation([0, 0, 1], (k * Math.PI) / 8), mirrored)
      const at = turn(turned, middle)
      const pose = [...turned]
      for (let k2 = 0; k2 < 3; k2++) pose[4 * k2 + 3] = target[k2] - at[k2]
      return { side, pose }
    }),
  )
}

/** The middle of what rises above the scan's mean plane: an ear stands out of the head. */
function reliefMiddle({ count, points, areas }: Samples, facing: Vec3): Vec3 {
  let total = 0
  let mean = 0
  for (let i = 0; i < count; i++) {
    total += areas[i]
    mean += areas[i] * dot(facing, [points[3 * i], points[3 * i + 1], points[3 * i + 2]])
  }
  mean /= total
  const sum: [number, number, number] = [0, 0, 0]
  let weights = 0
  for (let i = 0; i < count; i++) {
    const rise = dot(facing, [points[3 * i], points[3 * i + 1], points[3 * i + 2]]) - mean
    if (rise <= 0) continue
    const weight = areas[i] * rise
    weights += weight
    for (let k = 0; k < 3; k++) sum[k] += weight * points[3 * i + k]
  }
  return weights > 0 ? scale(sum, 1 / weights) : [0, 0, 0]
}

/**
 * Brings samples onto the field: seven unknowns (turn, shift, size) by Gauss-Newton, each point weighing less the
 * farther off it is (Geman & McClure), until the step is below a millionth of a millimetre or the steps are used up.
 * Where samples come and go at the field's border it may end in a circle of some ten-thousandths instead: it is left.
 */
function aligned(
  samples: Samples,
  field: Field,
  start: Mat4,
  { steps, reach, settled = false }: { steps: number; reach: number; settled?: boolean },
): Mat4 {
  let pose = start
  const sheet = {
    columns: Array.from({ length: 7 }, () => new Float64Array(samples.count)),
    weights: new Float64Array(samples.count),
    residuals: new Float64Array(samples.count),
  }
  let least = Infinity
  let leastAt = 0
  for (let round = 0; round < steps; round++) {
    // the points wait for the reach to narrow: what is far off counts at first
    const sigma = settled ? reach : reach * Math.max(1, 2.5 - (3 * round) / steps)
    const used = observe(samples, field, pose, sigma, sheet)
    const { a, b } = normalEquations(sheet.columns, sheet.weights, sheet.residuals, used)
    for (let j = 0; j < 7; j++) a[8 * j] += 1e-9 * a[8 * j]
    // an ear is about as large as ears are: left to itself, one far from its place shrinks until it fits anywhere
    const held = sizeHold * a[48]
    a[48] += held
    b[6] -= held * Math.log(Math.hypot(pose[0], pose[4], pose[8]))
    const step = solveNormal(a, b)
    if (!step) return pose
    pose = compose(moved(step, middle), pose)
    const moves = Math.abs(step[3]) + Math.abs(step[4]) + Math.abs(step[5])
    if (moves < 1e-6 && (settled || round > steps / 2)) break
    if (moves < least) {
      least = moves
      leastAt = round
    } else if (settled && least < 1e-3 && round - leastAt > 15) break
  }
  return pose
}

/**
 * How much the reference's own size counts beside what the samples say. Of 66 ears that were stretched, sheared and bent
 * by up to a seventh, all come out with 0.2 to 0.4 (a quarter of the other person's do not without it), at their side.
 */
const sizeHold = 0.3

/** About what each step turns and grows: the middle of the reference's ear. */
const middle: Vec3 = [40, 38, 78]

/**
 * Lays each sample over the field: what it would move by each unknown, along the field's normal, and how far it is off.
 * @returns how many samples count; theirs are the first entries of the sheet
 */
function observe(
  { points, normals, areas, count }: Samples,
  field: Field,
  pose: Mat4,
  sigma: number,
  { columns, weights, residuals }: { columns: Float64Array[]; weights: Float64Array; residuals: Float64Array },
): number {
  const [turnX, turnY, turnZ, shiftX, shiftY, shiftZ, grow] = columns
  const { heights, slopesX, slopesY } = field
  const [cx, cy, cz] = middle
  const size = Math.hypot(pose[0], pose[4], pose[8])
  let used = 0
  for (let i = 0; i < count; i++) {
    const px = points[3 * i]
    const py = points[3 * i + 1]
    const pz = points[3 * i + 2]
    const x = pose[0] * px + pose[1] * py + pose[2] * pz + pose[3]
    const y = pose[4] * px + pose[5] * py + pose[6] * pz + pose[7]
    const u = (x - field.x0) / field.cell
    const v = (y - field.y0) / field.cell
    const column = Math.floor(u)
    const line = Math.floor(v)
    if (!(column >= 0 && line >= 0 && column < field.columns - 1 && line < field.rows - 1)) continue
    const z = pose[8] * px + pose[9] * py + pose[10] * pz + pose[11]
    const at = line * field.columns + column
    const s = u - column
    const t = v - line
    const w00 = (1 - s) * (1 - t)
    const w10 = s * (1 - t)
    const w01 = (1 - s) * t
    const w11 = s * t
    const below = at + field.columns
    const sx = w00 * slopesX[at] + w10 * slopesX[at + 1] + w01 * slopesX[below] + w11 * slopesX[below + 1]
    const sy = w00 * slopesY[at] + w10 * slopesY[at + 1] + w01 * slopesY[below] + w11 * slopesY[below + 1]
    const height = w00 * heights[at] + w10 * heights[at + 1] + w01 * heights[below] + w11 * heights[below + 1]
    const steep = Math.sqrt(1 + sx * sx + sy * sy)
    const off = (z - height) / steep
    const gx = -sx / steep
    const gy = -sy / steep
    const gz = 1 / steep
    const nx = normals[3 * i]
    const ny = normals[3 * i + 1]
    const nz = normals[3 * i + 2]
    const facing =
      (gx * (pose[0] * nx + pose[1] * ny + pose[2] * nz) +
        gy * (pose[4] * nx + pose[5] * ny + pose[6] * nz) +
        gz * (pose[8] * nx + pose[9] * ny + pose[10] * nz)) /
      size
    if (!(facing > 0)) continue
    const robust = 1 / (1 + (off / sigma) ** 2) ** 2
    const dx = x - cx
    const dy = y - cy
    const dz = z - cz
    turnX[used] = gz * dy - gy * dz
    turnY[used] = gx * dz - gz * dx
    turnZ[used] = gy * dx - gx * dy
    shiftX[used] = gx
    shiftY[used] = gy
    shiftZ[used] = gz
    grow[used] = gx * dx + gy * dy + gz * dz
    weights[used] = areas[i] * facing * robust
    residuals[used++] = -off
  }
  return used
}

/** The small similarity of a Gauss-Newton step about a centre. */
function moved(step: Float64Array, centre: Vec3): Mat4 {
  const spin: Vec3 = [step[0], step[1], step[2]]
  const angle = Math.min(0.5, length(spin))
  const by = Math.exp(Math.max(-0.2, Math.min(0.2, step[6])))
  const m = [...(angle > 0 ? rotation(unit(spin), angle) : rotation([0, 0, 1], 0))].map((value, i) =>
    i < 12 && i % 4 < 3 ? value * by : value,
  )
  const at = turn(m, centre)
  for (let k = 0; k < 3; k++) m[4 * k + 3] = centre[k] - at[k] + Math.max(-15, Math.min(15, step[3 + k]))
  return m
}

/** The share of the reference's ear, point by point, that has a sample within 2 mm over it facing the same way. */
function agreementOf(samples: Samples, field: Field, pose: Mat4): number {
  const size = Math.hypot(pose[0], pose[4], pose[8])
  if (!(size > 0.6 && size < 1.7)) return 0
  // coarse squares of 3 mm: also the few samples of a first look hit each
  const across = Math.ceil(field.columns / 3)
  const hit = new Uint8Array(across * Math.ceil(field.rows / 3))
  const { points, normals, count } = samples
  for (let i = 0; i < count; i++) {
    const x = pose[0] * points[3 * i] + pose[1] * points[3 * i + 1] + pose[2] * points[3 * i + 2] + pose[3]
    const y = pose[4] * points[3 * i] + pose[5] * points[3 * i + 1] + pose[6] * points[3 * i + 2] + pose[7]
    const column = Math.round((x - field.x0) / field.cell)
    const row = Math.round((y - field.y0) / field.cell)
    if (!(column >= 0 && row >= 0 && column < field.columns && row < field.rows)) continue
    const z = pose[8] * points[3 * i] + pose[9] * points[3 * i + 1] + pose[10] * points[3 * i + 2] + pose[11]
    const at = row * field.columns + column
    const steep = Math.sqrt(1 + field.slopesX[at] ** 2 + field.slopesY[at] ** 2)
    if (Math.abs(z - field.heights[at]) / steep > 2) continue
    const nz = pose[8] * normals[3 * i] + pose[9] * normals[3 * i + 1] + pose[10] * normals[3 * i + 2]
    if (nz > 0) hit[Math.floor(row / 3) * across + Math.floor(column / 3)] = 1
  }
  let ear = 0
  let matched = 0
  for (let row = 0; row < field.rows; row++) {
    for (let column = 0; column < field.columns; column++) {
      if (!onEar(column * field.cell + field.x0, row * field.cell + field.y0)) continue
      ear++
      matched += hit[Math.floor(row / 3) * across + Math.floor(column / 3)]
    }
  }
  return matched / ear
}

/** Roughly where the reference's ear lies in its view: an upright ellipse. */
const onEar = (x: number, y: number) => ((x - 38) / 21) ** 2 + ((y - 38) / 31) ** 2 < 1
