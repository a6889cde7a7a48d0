import { bvhOf } from '../../mesh/bvh.ts'
import { median } from '../../mesh/median.ts'
import { bounds, type Mesh, triangleCount } from '../../mesh/mesh.ts'
import { cross, distance, dot, scale, unit, type Vec3 } from '../../mesh/vector.ts'
import type { Reading, Trace } from '../measurement.ts'
import { type Bend, bendsOf } from './canal-bends.ts'
import { canalDefinitions } from './canal-definitions.ts'
import { directions } from './canal-ends.ts'
import { type CanalHint, findTubes, nearHint } from './canal-find.ts'
import { fitTube } from './canal-fit.ts'
import { ownAxes } from './canal-pose.ts'
import { type RoughTube, seenFrom } from './canal-ring.ts'
import { along, type CentreLine, placeAt } from './canal-line.ts'
import { figuresOf, outlineOf, type SectionFigures } from './canal-section.ts'
import type { Tube, TubeEnd } from './canal-tube.ts'
import { wavesAt } from './canal-wall.ts'

export { canalDefinitions } from './canal-definitions.ts'
export type { CanalHint } from './canal-find.ts'

/** A section of the canal at right angles to its centre line. */
export interface CanalSection {
  /** mm along the centre line from the entrance plane */
  readonly s: number
  readonly centre: Vec3
  /** the centre line's direction, inwards */
  readonly normal: Vec3
  readonly areaMm2: number
  readonly perimeterMm: number
  readonly majorMm: number
  readonly minorMm: number
  /** between the major axis and the plane of the first bend, carried along without twist, 0 to 90; null in a straight canal */
  readonly axisAngleDeg: number | null
  /** closed, 48 points */
  readonly outline: readonly Vec3[]
}

export interface CanalReading {
  readonly measurements: Record<string, Reading>
  readonly absent: Record<string, string>
  /** points with their distance along the line from the entrance plane, mm; empty when there is no canal */
  readonly centreLine: readonly { readonly s: number; readonly point: Vec3 }[]
  /** each half millimetre */
  readonly sections: readonly CanalSection[]
  readonly entrance: { readonly point: Vec3; readonly inward: Vec3 } | null
  /** skin seen from within, or the outside of an impression; null without a canal */
  readonly seenFrom: 'lumen' | 'outside' | null
  /** how the canal ends: closed by a surface, or where the scan ends */
  readonly end: 'closed' | 'open' | null
}

/** What bends nearer to the entrance plane than this is the aperture's own shape, mm. */
const aperture = 3

/** An impression is no larger than this from corner to corner; what sticks out of larger things is a finger or a toe. */
const largestImpression = 120
/**
 * Measures the ear canal in a scan, or says why there is none. The lumen of a scanned ear and the outside of an impression
 * are the same to it; so is the order of triangles and vertices, and how the scan is moved and turned.
 *
 * Tubes are looked for by rays (see `findTubes`); their centre line and wall are brought into harmony (see `fitTube`);
 * a canal is a tube of an ear canal's size, seen nearly all round, that ends blind or where the scan ends. Its entrance is
 * where it opens into something wider; else its open end; of two alike, the wider; of two as wide (within 2 %), the one
 * farther from the nearest bend.
 * @param hint where a pinna's canal is expected: only a lumen near it counts
 */
export function measureCanal(mesh: Mesh, hint?: CanalHint): CanalReading {
  const nothing = hint
    ? 'the scan ends at the canal’s entrance: no canal is seen behind it'
    : 'no canal is seen: nothing in the scan is a tube of an ear canal’s size with a blind or open end'
  if (triangleCount(mesh) < 20) return without('points without a surface show no canal')
  if (!mesh.positions.every(Number.isFinite)) return without('the surface has points that are not numbers')
  const bvh = bvhOf(mesh)
  const scene = { bvh, own: ownAxes(mesh) }
  const { min, max } = bounds(mesh)
  const large = distance(min, max) > largestImpression
  let why = nothing
  for (const rough of findTubes(scene, hint)) {
    const side = seenFrom(scene, rough)
    // fitting takes long: what cannot be the canal is not fitted
    const tube =
      side === 'outside' && (large || hint)
        ? 'what is tube-like sticks out of something larger'
        : hint && !couldLead(rough, hint)
          ? 'what is tube-like lies elsewhere'
          : fitTube(bvh, rough)
    const canal = typeof tube === 'string' ? null : canalOf(tube)
    if (canal && (!hint || isNear(canal, hint))) return readingOf(canal, side)
    why = `${nothing} (${typeof tube === 'string' ? tube : 'what is tube-like lies elsewhere'})`
  }
  return without(why)
}

function without(why: string): CanalReading {
  const absent = Object.fromEntries(Object.keys(canalDefinitions).map((name) => [name, why]))
  return { measurements: {}, absent, centreLine: [], sections: [], entrance: null, seenFrom: null, end: null }
}

/** A tube with its entrance told from its end; depth d lies at arc length `start + way·d` of the line. */
interface Canal {
  readonly tube: Tube
  readonly start: number
  readonly way: 1 | -1
  readonly mouth: TubeEnd
  readonly end: TubeEnd
  /** mm from the entrance plane to where the wall ends, and to where the line meets what closes it */
  readonly wallDepth: number
  readonly depth: number
  readonly bends: readonly Bend[]
}

/** Which end is the entrance. */
function canalOf(tube: Tube): Canal {
  const { line, wall, ends } = tube
  const rank = { surface: 3, other: 3, open: 2, closed: 1 }
  const ranks = ends.map((end) => rank[end.kind])
  const bends = bendsOf(line, Math.max(0, ends[0].wall), Math.min(line.length, ends[1].wall), tube.felt)
  let first = ranks[0] > ranks[1]
  if (ranks[0] === ranks[1]) {
    const [a, b] = ends.map((end) => figuresOf(wavesAt(wall, end.wall)).area)
    first = a > b
    if (Math.abs(a - b) < 0.02 * Math.max(a, b) && bends.length > 0) {
      first = bends[0].s - ends[0].wall > ends[1].wall - bends[bends.length - 1].s
    }
  }
  const [mouth, end] = first ? [ends[0], ends[1]] : [ends[1], ends[0]]
  const way = first ? 1 : -1
  return {
    tube,
    start: mouth.wall,
    way,
    mouth,
    end,
    wallDepth: way * (end.wall - mouth.wall),
    depth: way * (end.tip - mouth.wall),
    bends: (first ? bends : bends.toReversed()).filter((bend) => way * (bend.s - mouth.wall) >= aperture),
  }
}

/** Whether a tube comes near where the entrance is expected; once fitted, it may begin some millimetres farther on. */
const couldLead = ({ points }: RoughTube, { entrance }: CanalHint) =>
  points.some((point) => distance(point, entrance) < nearHint + 8)

function isNear({ tube: { line }, start, way }: Canal, { entrance, inward }: CanalHint): boolean {
  const direction = scale(along(line, line.tangents, start, true), way)
  return distance(along(line, line.centres, start), entrance) < nearHint && dot(direction, unit(inward)) > 0
}

/** Everything that is read from a canal. */
function readingOf(canal: Canal, side: 'lumen' | 'outside'): CanalReading {
  const { tube, start, way, mouth, end, wallDepth, depth, bends } = canal
  const { line, wall, noise } = tube
  const measurements: Record<string, Reading> = {}
  const absent: Record<string, string> = {}
  const whole = tube.coverage * (1 / (1 + (noise / 0.5) ** 2))
  const put = (name: string, value: number, confidence: number, trace: Trace[]) => {
    measurements[name] = { value, confidence: Math.max(0, Math.min(0.99, confidence)), trace }
  }
  const centreAt = (d: number): Vec3 => along(line, line.centres, start + way * d)
  const shapeAt = (d: number) => figuresOf(wavesAt(wall, start + way * d))
  const outlineAt = (d: number) => outlineOf(line, wavesAt(wall, start + way * d), start + way * d)
  const curve = (from: number, to: number): Trace[] => {
    const steps = Math.max(1, Math.ceil((to - from) / 0.5))
    return [
      {
        kind: 'curve',
        points: Array.from({ length: steps + 1 }, (_, i) => centreAt(from + ((to - from) * i) / steps)),
      },
    ]
  }
  const axis = (d: number, { axisAngle, major, minor, u, v }: SectionFigures, which: 'major' | 'minor'): Trace[] => {
    const theta = axisAngle + (which === 'major' ? 0 : Math.PI / 2)
    const half = (which === 'major' ? major : minor) / 2
    const s = start + way * d
    const points = [-half, half].map((by): Vec3 => {
      const [x, y] = [u + by * Math.cos(theta), v + by * Math.sin(theta)]
      return placeAt(line, s, Math.atan2(y, x), Math.hypot(x, y)).point
    })
    return [{ kind: 'span', points }]
  }
  const putSection = (prefix: string, d: number, confidence: number): SectionFigures => {
    const shape = shapeAt(d)
    const outline: Trace[] = [{ kind: 'curve', points: outlineAt(d), closed: true }]
    put(`${prefix}_area`, shape.area, confidence, outline)
    put(`${prefix}_perimeter`, shape.perimeter, confidence, outline)
    put(`${prefix}_major`, shape.major, confidence, axis(d, shape, 'major'))
    put(`${prefix}_minor`, shape.minor, confidence, axis(d, shape, 'minor'))
    return shape
  }

  const entrance = 0.98 * whole * mouthTrust(mouth)
  put('canal_length', depth, entrance, curve(0, depth))
  put(
    'canal_diameter',
    meanOf((d) => shapeAt(d).diameter, wallDepth),
    0.98 * whole,
    curve(0, wallDepth),
  )
  const shape = putSection('canal_entrance', 0, entrance)
  put('canal_entrance_diameter', shape.diameter, entrance, measurements.canal_entrance_area.trace as Trace[])

  const names = ['first_bend', 'second_bend'] as const
  names.forEach((name, i) => {
    const bend = bends[i]
    if (!bend) {
      const why =
        bends.length === 0
          ? 'the canal is straight as far as the scan reaches'
          : 'the canal bends only once as far as the scan reaches'
      for (const key of Object.keys(canalDefinitions)) if (key.startsWith(name)) absent[key] = why
      return
    }
    const d = way * (bend.s - start)
    const trust = (0.98 * whole) / (1 + (4 / bend.angleDeg) ** 2)
    const section = putSection(name, d, 0.98 * whole)
    put(`${name}_distance`, d, trust * mouthTrust(mouth), curve(0, d))
    put(
      `${name}_angle`,
      bend.angleDeg,
      trust,
      curve(way * ((way > 0 ? bend.from : bend.to) - start), way * ((way > 0 ? bend.to : bend.from) - start)),
    )
    if (section.major > 1.03 * section.minor) {
      const oval = 1 - 1 / (1 + ((section.major / section.minor - 1) / 0.05) ** 2)
      put(`${name}_axis_angle`, axisAngle(line, bend, section), trust * oval, axis(d, section, 'major'))
    } else absent[`${name}_axis_angle`] = 'the section is round: it has no major axis'
  })
  if (bends.length > 1) {
    const [a, b] = [way * (bends[0].s - start), way * (bends[1].s - start)]
    const trust = (0.98 * whole) / (1 + (4 / Math.min(bends[0].angleDeg, bends[1].angleDeg)) ** 2)
    put('bend_spacing', b - a, trust, curve(a, b))
  } else absent.bend_spacing = absent.second_bend_distance

  const steps = Math.max(1, Math.ceil(wallDepth / 0.5))
  const sections = Array.from({ length: steps + 1 }, (_, i): CanalSection => {
    const d = (wallDepth * i) / steps
    const figures = shapeAt(d)
    return {
      s: d,
      centre: centreAt(d),
      normal: scale(along(line, line.tangents, start + way * d, true), way),
      areaMm2: figures.area,
      perimeterMm: figures.perimeter,
      majorMm: figures.major,
      minorMm: figures.minor,
      axisAngleDeg: bends.length > 0 ? axisAngle(line, bends[0], figures) : null,
      outline: outlineAt(d),
    }
  })
  const points = Math.max(1, Math.ceil(depth / 0.25))
  return {
    measurements,
    absent,
    centreLine: Array.from({ length: points + 1 }, (_, i) => ({
      s: (depth * i) / points,
      point: centreAt((depth * i) / points),
    })),
    sections,
    entrance: { point: centreAt(0), inward: scale(along(line, line.tangents, start, true), way) },
    seenFrom: side,
    end: end.kind === 'closed' ? 'closed' : 'open',
  }
}

/** How well a plane says where the canal begins: less where the rim strays from it, or leans. */
function mouthTrust({ rim }: TubeEnd): number {
  const off = rim.at.map((s, d) => {
    const angle = (2 * Math.PI * d) / directions
    return Math.abs(s - rim.s - rim.lean[0] * Math.cos(angle) - rim.lean[1] * Math.sin(angle))
  })
  return 1 / (1 + (median(off) / 1.5) ** 2) / (1 + (Math.hypot(rim.lean[0], rim.lean[1]) / 8) ** 2)
}

/** The mean of a function from 0 to a depth (trapezoidal rule each 0.1 mm). */
function meanOf(of: (d: number) => number, depth: number): number {
  const steps = Math.max(1, Math.ceil(depth / 0.1))
  let sum = 0
  for (let i = 0; i <= steps; i++) sum += (i === 0 || i === steps ? 0.5 : 1) * of((depth * i) / steps)
  return sum / steps
}

/** Between a section's major axis and the plane of a bend, carried along the line without twist: 0 to 90. */
function axisAngle(line: CentreLine, { s, normal }: Bend, { axisAngle: axis }: SectionFigures): number {
  const tangent = along(line, line.tangents, s, true)
  const inPlane = cross(normal, tangent)
  const plane = Math.atan2(dot(inPlane, along(line, line.second, s)), dot(inPlane, along(line, line.first, s)))
  const apart = Math.abs(((axis - plane) * 180) / Math.PI) % 180
  return apart > 90 ? 180 - apart : apart
}
