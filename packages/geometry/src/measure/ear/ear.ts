import { applyTo, identity, intoFrame, inverse, type Mat4, turn } from '../../mesh/matrix.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import { angleDeg, cross, distance, dot, step, unit, type Vec3 } from '../../mesh/vector.ts'
import { typicalEdge } from '../../mesh/topology.ts'
import { smooth } from '../../mesh/smooth.ts'
import { noiseOf } from '../../mesh/noise.ts'
import type { PartMeasurer, PartReading, Reading, Side, Trace } from '../measurement.ts'
import { cameraAxis } from './camera-axis.ts'
import { canalDefinitions, measureCanal } from './canal.ts'
import { type Concha, inPlane, most, readConcha } from './concha.ts'
import { pinnaDefinitions } from './definitions.ts'
import { type HeightMap, heightMap } from '../../mesh/height-map.ts'
import { type Pinna, readPinna } from './pinna.ts'
import { type EarPose, findEar } from './pose.ts'
import { withoutCanal } from './without-canal.ts'

const definitions = { ...pinnaDefinitions, ...canalDefinitions }

/** Below this share of a reference ear's surface a shape is no ear, and only a canal is looked for. */
const recognised = 0.65

/**
 * Measures an ear: pinna and concha in the lateral view, the canal by itself.
 *
 * Canonical pose, that of a left ear: origin on the cavum's floor, x backwards, y up, z outward. Up and outward are the
 * reference ear's, laid onto this one (see `findEar`); when the scan is a range image, outward is where its camera
 * stood. A right ear is mirrored into a left one, measured, and its points are mirrored back.
 */
export const ear: PartMeasurer = {
  bodyPart: 'ear',
  definitions,
  measure(given, options = {}) {
    const { mesh, rough, pose, found, frame, back } = locate(given)
    const canal = measureCanal(given, found && back ? hintOf(back, found.size) : undefined)
    const view = found && frame ? viewOf(withoutCanal(mesh, canal), frame, found) : null
    const concha = found && view ? readConcha(view, [0, 0], 1 / found.size) : null
    const pinna = found && view ? readPinna(view, [5.5 / found.size, 5.5 / found.size], 1 / found.size) : null
    const outside = (point: Vec3): Vec3 => (back ? applyTo(back, point) : point)

    const measurements: Record<string, Reading> = {}
    const absent: Record<string, string> = {}
    const detail = 0.97 * sharpness(rough, typicalEdge(given)) // 0.97: what two careful people leave open between them
    const span = (name: string, a: Vec3 | null | undefined, b: Vec3 | null | undefined, value?: number, trust = 1) => {
      if (!a || !b || !found) return
      const trace: Trace[] = [{ kind: 'span', points: [outside(a), outside(b)] }]
      measurements[name] = { value: value ?? inPlane(a, b), confidence: detail * trust * found.agreement ** 0.5, trace }
    }
    if (concha) {
      const whole = concha.rim.filter((point) => point !== null).length / concha.rim.length
      span('cavum_height', concha.incisure, concha.crus, undefined, whole)
      span('cavum_width', concha.tragus, concha.antihelix, undefined, whole)
      span('concha_width', concha.tragus, concha.antihelix, undefined, whole)
      const { floor, mouth } = concha
      const depth = floor && mouth ? distance(floor, mouth) : undefined
      span('cavum_depth', floor, mouth, depth, whole)
      span('concha_depth', floor, mouth, depth, whole)
      span('intertragal_width', concha.notch?.[0], concha.notch?.[1], undefined, 0.95 * whole)
      span('cymba_height', concha.crus, concha.cymba, undefined, 0.95 * whole)
      span('concha_height', concha.incisure, concha.cymba, undefined, 0.95 * whole)
    }
    if (pinna) {
      const { superaurale: top, subaurale: bottom, postaurale: rear } = pinna
      const front = concha ? foremost(concha) : null
      if (top && bottom) span('pinna_height', top, [top[0], bottom[1], bottom[2]], top[1] - bottom[1])
      if (rear && front) span('pinna_width', [front[0], rear[1], front[2]], rear, rear[0] - front[0])
    }
    Object.assign(measurements, canal.measurements)
    for (const name of Object.keys(definitions)) {
      if (name in measurements) continue
      absent[name] = canal.absent[name] ?? whyNot(name, found, concha, pinna)
    }

    const likeness = likenessOf(pose, canal.measurements)
    return {
      ...sideOf(pose, found, options.side),
      toCanonical: frame ?? identity,
      measurements,
      absent,
      landmarks: landmarksOf(concha, pinna, outside),
      curves: curvesOf(
        concha,
        pinna,
        canal.centreLine.map(({ point }) => point),
        outside,
      ),
      coverage: coverageOf(view, concha, found, canal.measurements),
      likeness,
    } satisfies PartReading
  },
  likeness(given) {
    const { pose, found, back } = locate(given)
    const pinna = likenessOf(pose, {})
    if (pinna > 0.6) return pinna
    return likenessOf(pose, measureCanal(given, found && back ? hintOf(back, found.size) : undefined).measurements)
  },
}

/** The ear in a scan: where it lies, and the pose in which it is measured when it is sure to be one. */
function locate(given: Mesh) {
  // edges are read off slopes over half a millimetre: noise is taken off first where there is any
  const rough = noiseOf(given)
  const mesh =
    rough > Math.max(0.03, 0.05 * typicalEdge(given))
      ? smooth(given, { rounds: Math.min(12, Math.ceil(rough / 0.02)) })
      : given
  const pose = findEar(mesh)
  const found = pose && pose.agreement >= recognised ? pose : null
  const frame = found ? canonicalFrame(mesh, found) : null
  return { mesh, rough, pose, found, frame, back: frame ? inverse(frame) : null }
}

/** How well a scan shows edges, 0 to 1: a tenth less with noise of 0.1 mm, or with points 2 mm apart. */
const sharpness = (noiseMm: number, edgeMm: number) => 1 / (1 + (noiseMm / 0.3) ** 2) / (1 + (edgeMm / 6) ** 2)

/** Rigid, into the canonical pose; for a right ear it mirrors. */
function canonicalFrame(mesh: Mesh, pose: EarPose): Mat4 {
  const back = inverse(pose.toReference)
  const origin = applyTo(back, [32.5, 32.5, 68])
  const outward = unit(turn(back, [0, 0, 1]))
  // a range image knows its axis to a degree, the reference's to some: it decides where the two differ clearly, and
  // only there, since the reference's is the steadier of the two under remeshing
  const camera = cameraAxis(mesh, outward)
  const z = camera && angleDeg(camera, outward) > 4 ? camera : outward
  const up = turn(back, [0, 1, 0])
  const y = unit(step(up, z, -dot(up, z)))
  const x = cross(y, z)
  return intoFrame(pose.side === 'left' ? x : [-x[0], -x[1], -x[2]], y, z, origin)
}

function viewOf(mesh: Mesh, frame: Mat4, { size }: EarPose): HeightMap {
  const box = { x0: -30.5 / size, y0: -30.5 / size, x1: 35.5 / size, y1: 45.5 / size }
  return heightMap(mesh, frame, box, 0.1)
}

/** The foremost point of the concha's rim, at tragus and notch. */
function foremost(concha: Concha): Vec3 | null {
  const seen = concha.rim.filter((point) => point !== null)
  return seen.length > 0 ? most(seen.map((point) => -point[0]), seen) : null // prettier-ignore
}

/** Where the reference's canal begins: at the front of the cavum, behind the tragus, leading inward and forward. */
function hintOf(back: Mat4, size: number) {
  return { entrance: applyTo(back, [-5.5 / size, 1.5 / size, 1 / size]), inward: unit(turn(back, [-0.4, 0.1, -1])) }
}

function sideOf(
  pose: EarPose | null,
  found: EarPose | null,
  said: Side | undefined,
): Pick<PartReading, 'side' | 'sideConfidence'> {
  if (!pose || !found) return { side: said ?? null, sideConfidence: said ? 0.5 : 0 }
  const clear = pose.agreement - pose.otherAgreement
  const sideConfidence = Math.max(0.5, Math.min(0.99, 0.6 + 2 * clear))
  // what the customer says is believed against a doubtful finding only
  return said && said !== pose.side && sideConfidence < 0.7
    ? { side: said, sideConfidence: 0.5 }
    : { side: pose.side, sideConfidence }
}

function whyNot(name: string, found: EarPose | null, concha: Concha | null, pinna: Pinna | null): string {
  if (!found) return 'no pinna is recognised in the scan'
  if (name.startsWith('pinna')) {
    if (!pinna?.superaurale) return 'the upper border of the helix is not in the scan'
    if (!pinna.subaurale) return 'the lower border of the lobule is not in the scan'
    if (!pinna.postaurale) return 'the rear border of the helix is not in the scan'
    return 'the front edge of the concha, from which it is measured, is not in the scan'
  }
  if (!concha) return 'the walls of the concha are not in the scan'
  if (name === 'intertragal_width')
    return 'the notch between tragus and antitragus is not whole in the scan, or not deep enough to have a width'
  return 'one of its edges is not in the scan, or cannot be told'
}

function landmarksOf(concha: Concha | null, pinna: Pinna | null, outside: (point: Vec3) => Vec3): Record<string, Vec3> {
  const named: Record<string, Vec3 | null | undefined> = {
    incisure: concha?.incisure,
    crus: concha?.crus,
    tragus: concha?.tragus,
    antihelix: concha?.antihelix,
    cavumFloor: concha?.floor,
    cavumMouth: concha?.mouth,
    cymba: concha?.cymba,
    superaurale: pinna?.superaurale,
    subaurale: pinna?.subaurale,
    postaurale: pinna?.postaurale,
  }
  return Object.fromEntries(Object.entries(named).flatMap(([name, at]) => (at ? [[name, outside(at)] as const] : [])))
}

function curvesOf(
  concha: Concha | null,
  pinna: Pinna | null,
  centreLine: readonly Vec3[],
  outside: (point: Vec3) => Vec3,
): Record<string, readonly Vec3[]> {
  const named: Record<string, readonly Vec3[]> = {
    conchaRim: (concha?.rim ?? []).filter((point) => point !== null).map(outside),
    pinnaBorder: (pinna?.border ?? []).map(outside),
    canalCentreLine: centreLine,
  }
  return Object.fromEntries(Object.entries(named).filter(([, points]) => points.length > 0))
}

function coverageOf(
  view: HeightMap | null,
  concha: Concha | null,
  found: EarPose | null,
  canal: Record<string, Reading>,
): Record<string, number> {
  if (!view || !found) return { pinna: 0, concha: 0, canal: 'canal_length' in canal ? 1 : 0 }
  return {
    pinna: seenWithin(view, [5.5 / found.size, 5.5 / found.size], [20.5 / found.size, 30 / found.size]),
    concha: concha ? seenWithin(view, [0, 3 / found.size], [9 / found.size, 12 / found.size]) : 0,
    canal: 'canal_length' in canal ? 1 : 0,
  }
}

/** The share of an ellipse of the view in which the scan shows skin. */
function seenWithin(view: HeightMap, middle: readonly [number, number], radii: readonly [number, number]): number {
  let all = 0
  let seen = 0
  for (let row = 0; row < view.rows; row += 3) {
    for (let column = 0; column < view.columns; column += 3) {
      const x = (view.x0 + column * view.cell - middle[0]) / radii[0]
      const y = (view.y0 + row * view.cell - middle[1]) / radii[1]
      if (x * x + y * y > 1) continue
      all++
      if (!Number.isNaN(view.heights[row * view.columns + column])) seen++
    }
  }
  return seen / all
}

/** An ear by its pinna; a canal alone (a phantom, a trimmed impression) is an ear's too, less surely. */
function likenessOf(pose: EarPose | null, canal: Record<string, Reading>): number {
  const size = pose?.size ?? 1
  // ears are 45 to 80 mm high: the reference has 60
  const plausible = size > 0.72 && size < 1.4 ? 1 : 0.5
  // ears agree with the reference by 0.8 and more, what is bent like one by up to 0.74
  const pinna = pose ? Math.max(0, (pose.agreement - 0.55) / 0.3) * plausible : 0
  return Math.min(1, Math.max(pinna, 'canal_length' in canal ? 0.6 : 0))
}
