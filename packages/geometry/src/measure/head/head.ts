import { bvhOf } from '../../mesh/bvh.ts'
import { applyTo, inverse } from '../../mesh/matrix.ts'
import { type Mesh, triangleCount } from '../../mesh/mesh.ts'
import { componentsOf } from '../../mesh/topology.ts'
import { distance, type Vec3 } from '../../mesh/vector.ts'
import type { Extreme } from '../fit/extreme.ts'
import { patchesOf } from '../fit/patch.ts'
import { principalOf } from '../fit/principal.ts'
import { clamp } from '../fit/ramp.ts'
import type { PartMeasurer, PartReading, Reading } from '../measurement.ts'
import {
  extentOfHead,
  glabella,
  headBreadth,
  headGirth,
  headLength,
  type HeadScan,
  levelGirth,
  vertexOf,
  withoutEars,
} from './cranium.ts'
import { definitions, type HeadMeasurement } from './definitions.ts'
import { findEyeballs } from './eyes.ts'
import { faceWidth, menton, noseBridge, pronasale } from './face.ts'
import { coverageOf, likenessOf } from './likeness.ts'
import { headPose } from './pose.ts'

/**
 * Measures a head, in any pose: a whole one, a face mask, one frame of a phone, or a plain ellipsoid.
 * Canonical pose: x forward, y to the head's left, z up, the midplane at y = 0, the origin between sellion and
 * subnasale (of a shape without a face: its middle).
 */
export const head: PartMeasurer = { bodyPart: 'head', definitions, measure }

function measure(mesh: Mesh): PartReading {
  const measurements: Record<string, Reading> = {}
  const absent: Record<string, string> = {}
  const landmarks: Record<string, Vec3> = {}
  const principal = principalOf(mesh)
  const bvh = bvhOf(mesh)
  const patches = patchesOf(mesh)
  const pose = headPose(bvh, patches, principal)
  const scan: HeadScan = { bvh, patches, pose, skull: withoutEars(patches, pose) }
  const read = (name: HeadMeasurement, value: number, confidence: number, trace: Reading['trace']) => {
    if (Number.isFinite(value) && value > 0) measurements[name] = { value, confidence: clamp(confidence), trace }
    else absent[name] = 'the scan does not show where it is measured'
  }
  const sided = 0.4 + 0.6 * clamp(pose.midplane.plane.agreement / 0.8)

  const coverage: Record<string, number> = triangleCount(mesh) > 0 ? coverageOf(scan) : {}
  if (pose.face) measureHead()
  else if (coverage.whole > 0.7) measureShape()
  else for (const name of Object.keys(definitions)) absent[name] = 'no face is to be seen, and only a part of a head'
  for (const name of Object.keys(definitions)) {
    if (triangleCount(mesh) === 0) absent[name] = 'the scan has no surface'
  }
  return {
    side: null,
    sideConfidence: 0,
    toCanonical: pose.frame,
    measurements,
    absent,
    landmarks,
    coverage,
    likeness: triangleCount(mesh) > 0 ? likenessOf(scan, coverage, measurements) : 0,
  }

  function measureHead() {
    const face = pose.face!
    landmarks.sellion = face.sellion
    landmarks.subnasale = face.subnasale
    landmarks.pronasale = pronasale(scan) ?? face.profile.points[face.profile.tip]
    measureSkull()
    measureFace()
    const { left, right } = pose.ears
    const back = inverse(pose.frame)
    if (left?.tragion && right?.tragion) {
      landmarks.tragion_left = applyTo(back, left.tragion)
      landmarks.tragion_right = applyTo(back, right.tragion)
      const ends = [landmarks.tragion_left, landmarks.tragion_right]
      read('bitragion_breadth', distance(ends[0], ends[1]), 0.8 * sided, [{ kind: 'span', points: ends }])
    } else absent.bitragion_breadth = 'the ears are not in the scan, or not open enough to show the tragus'
    const top = vertexOf(scan)
    const chin = landmarks.menton
    if (!top?.smooth) {
      absent.head_height = absent.tragion_vertex_height = 'the top of the head is not in the scan'
      return
    }
    landmarks.vertex = top.point
    const z = (p: Vec3) => applyTo(pose.frame, p)[2]
    const sure = 0.85 * sided
    if (!pose.level) absent.head_height = noLevel
    else if (chin) {
      const below: Vec3 = applyTo(back, [applyTo(pose.frame, top.point)[0], 0, z(chin)])
      read('head_height', z(top.point) - z(chin), sure, [{ kind: 'span', points: [top.point, below] }])
    } else absent.head_height = 'the chin is not in the scan'
    if (!pose.level) absent.tragion_vertex_height = noLevel
    else if (left?.tragion && right?.tragion) {
      const height = (left.tragion[2] + right.tragion[2]) / 2
      const below: Vec3 = applyTo(back, [applyTo(pose.frame, top.point)[0], 0, height])
      const trace = [{ kind: 'span' as const, points: [top.point, below] }]
      read('tragion_vertex_height', z(top.point) - height, sure, trace)
    } else absent.tragion_vertex_height = 'the ears are not in the scan, or not open enough to show the tragus'
  }

  function measureSkull() {
    const front = glabella(scan)
    if (!front) {
      const why = 'the forehead is not in the scan'
      absent.head_circumference = absent.head_length = why
    } else {
      landmarks.glabella = front
      const long = headLength(scan, front)
      if (long) {
        landmarks.opisthocranion = long.b
        const trace = [{ kind: 'span' as const, points: [long.a, long.b] }]
        read('head_length', long.value, sided * rough(long.residual), trace)
        const tape = headGirth(scan, front, long)
        if (tape.coverage > 0.93) {
          const sure = sided * rough(tape.residual) * (0.5 + 0.5 * clamp((tape.coverage - 0.93) / 0.06))
          read('head_circumference', tape.length, sure, [{ kind: 'curve', points: tape.line, closed: true }])
        } else
          absent.head_circumference = `only ${Math.round(100 * tape.coverage)} % of the way round the head is in the scan`
      } else absent.head_circumference = absent.head_length = 'the back of the head is not in the scan'
    }
    const wide = headBreadth(scan)
    if (wide?.left.smooth && wide.right.smooth) breadth(wide)
    else absent.head_breadth = 'the sides of the head are not both in the scan'
  }

  function breadth(wide: { left: Extreme; right: Extreme; value: number }) {
    landmarks.euryon_left = wide.left.point
    landmarks.euryon_right = wide.right.point
    const trace = [{ kind: 'span' as const, points: [wide.left.point, wide.right.point] }]
    read('head_breadth', wide.value, sided * rough(Math.max(wide.left.residual, wide.right.residual)), trace)
  }

  function measureFace() {
    const face = pose.face!
    const { sellion, subnasale, pronasale: tip } = landmarks
    read('nose_height', distance(sellion, subnasale), 0.8 * sided, [{ kind: 'span', points: [sellion, subnasale] }])
    const [base, ahead] = [subnasale, tip].map((p) => applyTo(pose.frame, p))
    const over = applyTo(inverse(pose.frame), [ahead[0], base[1], base[2]])
    if (pose.level) {
      read('nose_protrusion', ahead[0] - base[0], 0.75 * sided, [{ kind: 'span', points: [subnasale, over] }])
    } else absent.nose_protrusion = noLevel
    const chin = menton(scan)
    if (chin?.turns) {
      landmarks.menton = chin.point
      const trace = [{ kind: 'span' as const, points: [chin.point, face.sellion] }]
      // which point of the chin is lowest hangs on the level
      read('face_height', distance(chin.point, face.sellion), (pose.level ? 0.85 : 0.6) * sided, trace)
    } else absent.face_height = 'the underside of the chin is not in the scan'
    const wide = faceWidth(scan)
    const tragus = pose.ears.left?.tragion ?? pose.ears.right?.tragion
    if (wide) {
      const trace = [{ kind: 'span' as const, points: [wide.left, wide.right] }]
      read('face_width', wide.value, (tragus ? 0.85 : 0.7) * sided, trace)
    } else {
      absent.face_width = tragus
        ? 'the scan ends before the face is widest'
        : 'the cheeks do not turn in again within the scan, and no tragion shows where the face ends'
    }
    const bridge = noseBridge(scan)
    if (bridge) {
      const sure = ((pose.level ? 0.8 : 0.65) * sided) / (1 + (patches.edge / 6) ** 2)
      read('nose_bridge_height', bridge.height, sure, [{ kind: 'curve', points: bridge.line }])
      read('nose_bridge_width', bridge.width, sure, [{ kind: 'span', points: bridge.ends }])
    } else {
      absent.nose_bridge_height = absent.nose_bridge_width =
        'beside the bridge of the nose the scan has gaps, or no flanks'
    }
    const eyes = findEyeballs(mesh, componentsOf(mesh), pose.frame)
    if (eyes) {
      const ends = eyes.map((eye) => eye.middle)
      const uneven = Math.max(...eyes.map((eye) => eye.residual / eye.radius))
      read('interpupillary_distance', distance(ends[0], ends[1]), 0.95 - 3 * uneven, [{ kind: 'span', points: ends }])
    } else absent.interpupillary_distance = 'no eyeball is to be seen: the scan shows lids, or blank eyes'
  }

  function measureShape() {
    const noFace = 'no face is to be seen'
    for (const name of ['face_height', 'face_width', 'nose_height', 'nose_protrusion', 'nose_bridge_height', 'nose_bridge_width', 'head_height']) absent[name] = noFace // prettier-ignore
    absent.interpupillary_distance = absent.bitragion_breadth = absent.tragion_vertex_height = noFace
    const long = extentOfHead(scan, [1, 0, 0])
    if (long?.high.smooth && long.low.smooth) {
      const trace = [{ kind: 'span' as const, points: [long.high.point, long.low.point] }]
      read('head_length', long.value, 0.7 * rough(Math.max(long.high.residual, long.low.residual)), trace)
    } else absent.head_length = 'front and back of the head are not both in the scan'
    const wide = headBreadth(scan)
    if (wide?.left.smooth && wide.right.smooth) {
      const trace = [{ kind: 'span' as const, points: [wide.left.point, wide.right.point] }]
      read('head_breadth', wide.value, 0.7 * rough(Math.max(wide.left.residual, wide.right.residual)), trace)
    } else absent.head_breadth = 'the sides of the head are not both in the scan'
    const tape = levelGirth(scan)
    if (tape.coverage > 0.93) {
      read('head_circumference', tape.length, 0.7 * rough(tape.residual), [
        { kind: 'curve', points: tape.line, closed: true },
      ])
    } else absent.head_circumference = `only ${Math.round(100 * tape.coverage)} % of the way round is in the scan`
  }
}

const noLevel = 'no tragion, or none where ears are, shows which way is level'

/** How much a reading is worth on a surface that rough: 0.97 when smooth, 0.85 at 0.5 mm, 0.5 at 2.5 mm. */
const rough = (residual: number) => 0.97 / (1 + 0.37 * residual)
