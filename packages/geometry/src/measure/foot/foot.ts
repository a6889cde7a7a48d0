import { identity } from '../../mesh/matrix.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import type { PartMeasurer, PartReading, Side, Trace } from '../measurement.ts'
import { archOf } from './arch.ts'
import { ballOf } from './ball.ts'
import { atBorder } from './border.ts'
import { coverageOf } from './coverage.ts'
import { definitions } from './definitions.ts'
import { footprintOf } from './footprint.ts'
import { type Foot, footOf, heelWidthOf } from './frame.ts'
import { ankleTape, ballPlane, heelTape, instepPlane, type Tape, tapeAlong } from './girths.ts'
import { likenessOf } from './likeness.ts'
import { poseOf } from './pose.ts'
import { readingsOf, type Readings } from './readings.ts'
import { sideOf } from './side.ts'
import { supportOf } from './support.ts'
import { bigToeOf, toeAngleOf, topOf } from './toes.ts'

/**
 * Measures a foot, with or without a bit of leg, or of the floor on which it stands.
 *
 * Canonical pose, that of a left foot: the ground is z = 0 (see `groundUnder`), z points up, x = 0 at the back of the
 * heel and towards the toes along the long axis (the direction in which the convex outline of what is low spreads most
 * in plan: see `longAxis`), y to the left, 0 in the middle of the heel. The big toe's side is -y. A right foot is
 * mirrored into a left one, measured, and its points are mirrored back.
 */
export const foot: PartMeasurer = {
  bodyPart: 'foot',
  definitions,
  measure(mesh, options = {}) {
    const posed = mesh.triangles.length > 0 ? poseOf(mesh) : null
    if (!posed) return nothing(noFoot, options.side)
    const found = sideOf(posed)
    // what the customer says is believed against a doubtful finding only
    const said = options.side && options.side !== found.side && found.confidence < 0.7
    const side = said ? options.side! : found.side
    const foot = footOf(posed, side)
    if (!foot) return nothing(noFoot, options.side)
    const ball = ballOf(foot)
    const likeness = likenessOf(foot, ball)
    const coverage = coverageOf(foot)
    if (likeness < leastLike) return { ...nothing(unlike, options.side), coverage, likeness }
    const heel = heelWidthOf(foot)
    const readings = readingsOf(foot, coverage, likeness, supportOf(foot, ball, heel))
    measureLengths(foot, ball, heel, readings)
    measureGirths(foot, ball, coverage, readings)
    measureArch(foot, ball, readings)
    measureToes(foot, ball, readings)
    return {
      side,
      sideConfidence: said ? 0.5 : found.confidence,
      toCanonical: foot.toCanonical,
      measurements: readings.measurements,
      absent: readings.finished(Object.keys(definitions)),
      landmarks: readings.landmarks,
      curves: readings.curves,
      coverage,
      likeness,
    }
  },
}

/** Below this likeness a shape is no foot: what would be measured on it means nothing, nor which side it is of. */
const leastLike = 0.4
const unlike = 'the scan does not look like a foot'
const noFoot = 'there is no surface that could stand like a foot'

type BallOrNone = ReturnType<typeof ballOf>

const span = (a: Vec3, b: Vec3): Trace => ({ kind: 'span', points: [a, b] })
const round = ({ line }: Tape): Trace => ({ kind: 'curve', points: line, closed: true })
const noBall = 'the sides of the ball are not there'

function measureLengths(foot: Foot, ball: BallOrNone, heel: ReturnType<typeof heelWidthOf>, r: Readings) {
  const { heelBack, toeTip, length } = foot
  const [hx, , hz] = heelBack.point
  const [, ty] = toeTip.point
  r.landmark('heelBack', heelBack.point)
  r.landmark('toeTip', toeTip.point)
  r.add('foot_length', length, [span([hx, ty, hz], [length, ty, hz])], { trust: 0.98, regions: ['heel', 'toes'] })
  if (heel) {
    const [x, , z] = heel.left
    r.landmark('heelCentre', [x, 0, 0])
    r.landmark('heelInner', heel.right)
    r.landmark('heelOuter', heel.left)
    r.add('heel_width', heel.breadth, [span([x, heel.right[1], z], heel.left)], { trust: 0.95, regions: ['heel'] })
  } else r.miss('heel_width', 'the sides of the heel are not there')
  if (!ball) {
    for (const name of ['ball_width', 'ball_width_anatomical', 'ball_length', 'outer_ball_length', 'ball_angle'])
      r.miss(name, noBall)
    return
  }
  const inner = ball.inner.point
  const outer = ball.outer.point
  r.landmark('mth1', inner)
  r.landmark('mth5', outer)
  const sides = { regions: ['sides'] }
  const z = (inner[2] + outer[2]) / 2
  const x = (inner[0] + outer[0]) / 2
  r.add('ball_width', ball.outer.value + ball.inner.value, [span([x, inner[1], z], [x, outer[1], z])], {
    trust: ball.inner.smooth && ball.outer.smooth ? 0.97 : 0.9,
    ...sides,
  })
  r.add(
    'ball_width_anatomical',
    Math.hypot(outer[0] - inner[0], outer[1] - inner[1]),
    [span([inner[0], inner[1], z], [outer[0], outer[1], z])],
    { trust: 0.95, ...sides },
  )
  const fromHeel = { trust: 0.88, regions: ['heel', 'sides'] }
  r.add('ball_length', inner[0], [span([0, inner[1], inner[2]], inner)], fromHeel)
  r.add('outer_ball_length', outer[0], [span([0, outer[1], outer[2]], outer)], fromHeel)
  const angle = (Math.atan2(outer[1] - inner[1], inner[0] - outer[0]) * 180) / Math.PI
  r.add('ball_angle', angle, [{ kind: 'curve', points: [outer, inner] }], { trust: 0.85, ...sides })
}

function measureGirths(foot: Foot, ball: BallOrNone, coverage: Readonly<Record<string, number>>, r: Readings) {
  const gap = 'the surface does not go round the foot there'
  const ballTape = ball && tapeAlong(foot, ballPlane(ball.inner.point, ball.outer.point))
  if (ballTape) r.add('ball_girth', ballTape.length, [round(ballTape)], { trust: 0.95 * ballTape.coverage })
  else r.miss('ball_girth', ball ? gap : noBall)
  const instepTape = tapeAlong(foot, instepPlane(foot))
  if (instepTape) r.add('instep_girth', instepTape.length, [round(instepTape)], { trust: 0.97 * instepTape.coverage })
  else r.miss('instep_girth', gap)
  const top = topOf(foot, foot.length / 2)
  if (top && atBorder(foot, top)) r.miss('instep_height', 'the scan ends, or has a hole, at the instep’s highest point')
  else if (top && top[2] > 0) {
    r.landmark('instep', top)
    // where the sole is missing and no floor was scanned, the ground is only where the sides end
    const grounded = foot.posed.ground === 'floor' || coverage.sole > 0.4
    r.add('instep_height', top[2], [span([top[0], top[1], 0], top)], { trust: grounded ? 0.97 : 0.55 })
  } else r.miss('instep_height', 'the instep is not there')
  for (const [name, found] of [
    ['heel_girth', heelTape(foot)],
    ['ankle_girth', ankleTape(foot)],
  ] as const) {
    if (typeof found === 'string') r.miss(name, found)
    else r.add(name, found.tape.length, [round(found.tape)], { trust: 0.95 * found.tape.coverage })
  }
}

function measureArch(foot: Foot, ball: BallOrNone, r: Readings) {
  const arch = ball ? archOf(foot, ball) : noBall
  if (typeof arch === 'string') r.miss('arch_height', arch)
  else {
    r.landmark('archApex', arch.apex)
    r.curve('innerSole', arch.curve)
    r.add('arch_height', arch.height, [span(arch.below, arch.apex), { kind: 'curve', points: arch.curve }], {
      trust: 0.9,
      regions: ['sole', 'sides'],
    })
  }
  const print = ball ? footprintOf(foot, ball) : noBall
  if (typeof print === 'string') r.miss('arch_index', print)
  else {
    r.add('arch_index', print.thirds[1] / print.area, print.outline, {
      trust: print.closed ? 0.45 : 0.85,
      regions: ['sole', 'sides'],
    })
  }
}

function measureToes(foot: Foot, ball: BallOrNone, r: Readings) {
  const angle = ball && toeAngleOf(foot, ball)
  if (angle)
    r.add('toe_angle', angle.degrees, [{ kind: 'curve', points: angle.line }], { trust: 0.85, regions: ['toes'] })
  else r.miss('toe_angle', ball ? 'the big toe is not there' : noBall)
  const toe = bigToeOf(foot)
  if (!toe?.bottom) {
    const why = toe ? 'the big toe’s underside is not there' : 'the big toe’s highest point is not there'
    for (const name of ['toe_height', 'toe_spring']) r.miss(name, why)
    return
  }
  const [x, y, z] = toe.top
  const low = toe.bottom[2]
  r.add('toe_height', z - low, [span([x, y, low], toe.top)], { trust: 0.92, regions: ['toes'] })
  r.add('toe_spring', Math.max(0, low), [span([x, y, 0], [x, y, low])], { trust: 0.9, regions: ['toes'] })
}

function nothing(why: string, said: Side | undefined): PartReading {
  return {
    side: said ?? null,
    sideConfidence: said ? 0.5 : 0,
    toCanonical: identity,
    measurements: {},
    absent: Object.fromEntries(Object.keys(definitions).map((name) => [name, why])),
    landmarks: {},
    coverage: { sole: 0, sides: 0, instep: 0, heel: 0, toes: 0 },
    likeness: 0,
  }
}
