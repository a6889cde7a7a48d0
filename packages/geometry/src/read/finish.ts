import { type Scan } from '../mesh/mesh.ts'
import { empty, unreadable } from './unreadable.ts'

/** Beyond what 32 bits hold no length is meant, and areas and volumes would overflow. */
const LARGEST = 3.4028234663852886e38

/** Finite, and of a size that a length can have. */
export const isPlace = (value: number) => Math.abs(value) <= LARGEST

/**
 * The scan with what no reader can know before the end: that there are points at all, and that each has a place.
 * Depth cameras write NaN where they saw nothing: such vertices go, and a note says how many, as long as no triangle
 * needs them.
 * @param vertexAt names a vertex in the file ("vertex 17"), for the refusal
 * @throws GeometryRefusal SCAN_EMPTY; SCAN_UNREADABLE when a triangle has a corner without a place
 */
export function finished(scan: Scan, vertexAt: (vertex: number) => string): Scan {
  const count = scan.positions.length / 3
  if (count === 0) throw empty('it has no points')
  const broken = brokenVertices(scan.positions)
  const whole = scan.normals ? { ...scan, normals: directions(scan.normals) } : scan
  if (!broken) return whole
  for (const v of scan.triangles) {
    if (broken[v] === 0) continue
    const axis = [0, 1, 2].find((k) => !isPlace(scan.positions[3 * v + k])) ?? 0
    const why = `${'xyz'[axis]} is ${scan.positions[3 * v + axis]}, and a triangle has its corner there`
    throw unreadable(scan.format, vertexAt(v), why)
  }
  return without(whole, broken)
}

/** 1 for each vertex without a place; undefined when all have one. */
function brokenVertices(positions: Float64Array): Uint8Array | undefined {
  let broken: Uint8Array | undefined
  for (let i = 0; i < positions.length; i++) {
    if (Math.abs(positions[i]) <= LARGEST) continue
    broken ??= new Uint8Array(positions.length / 3)
    broken[Math.floor(i / 3)] = 1
  }
  return broken
}

function without(scan: Scan, broken: Uint8Array): Scan {
  const renumbered = new Uint32Array(broken.length)
  let left = 0
  for (let v = 0; v < broken.length; v++) if (broken[v] === 0) renumbered[v] = left++
  if (left === 0) throw empty('none of its points has a place (NaN or infinite)')
  const kept = <T extends Float64Array | Uint8Array>(from: T, to: T): T => {
    for (let v = 0; v < broken.length; v++) {
      if (broken[v] === 0) to.set(from.subarray(3 * v, 3 * v + 3), 3 * renumbered[v])
    }
    return to
  }
  return {
    ...scan,
    positions: kept(scan.positions, new Float64Array(3 * left)),
    triangles: scan.triangles.map((v) => renumbered[v]),
    ...(scan.colors && { colors: kept(scan.colors, new Uint8Array(3 * left)) }),
    ...(scan.normals && { normals: kept(scan.normals, new Float64Array(3 * left)) }),
    notes: [
      ...scan.notes,
      `points without a place (NaN or infinite), left out: ${broken.length - left} of ${broken.length}`,
    ],
  }
}

/** Normals as they are, and 0 0 0 (no direction) for those that are not finite. */
function directions(normals: Float64Array): Float64Array {
  for (let i = 0; i < normals.length; i++) {
    if (!isPlace(normals[i])) normals.fill(0, i - (i % 3), i - (i % 3) + 3)
  }
  return normals
}

/**
 * r g b as bytes.
 * @param values 0 to `full`; undefined: 0 to 1 when none is larger, and 0 to 255 otherwise, as programs differ
 */
export function colorsOf(values: Float32Array, full?: number): Uint8Array {
  let largest = 0
  if (full === undefined) for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i]
  const factor = 255 / (full ?? (largest > 1 ? 255 : 1))
  const out = new Uint8ClampedArray(values.length) // clamps and rounds; NaN becomes 0
  for (let i = 0; i < values.length; i++) out[i] = values[i] * factor
  return new Uint8Array(out.buffer)
}
