import { ease } from '../../field/ease.ts'
import type { Sdf } from '../../field/shapes.ts'
import { compose, intoFrame, type Mat4 } from '../../mesh/matrix.ts'
import { transformed } from '../../mesh/mesh.ts'
import { add, scale, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'
import type { Shaped } from './shaped.ts'

const fingers = ['index', 'middle', 'ring', 'little'] as const
/** What sets the size has to be known better than the places of the grooves, which a millimetre does not spoil. */
const sizes = ['hand_length', 'hand_breadth']
const leastConfidence = (name: string) => (sizes.includes(name) ? 0.5 : 0.25)
/** Handles shorter than this press into the palm (Wang & Cai, MATEC Web of Conferences 119, 01044, 2017). */
const shortestMm = 100

/**
 * A handle for an open hand, from its measurements. Its girth is that of a cylinder whose diameter is a share of the
 * hand's length (19.7 %: Kong & Lowe, Optimal cylindrical handle diameter for grip force tasks, Int. J. Industrial
 * Ergonomics 35, 2005), its section an ellipse of 1.25 to 1 (Wang & Cai 2017), its length the hand's breadth and an
 * end on both sides. Grooves are as broad as the fingers, and where a finger is shorter the handle is thinner (each
 * finger has a span of its own: Lee, Kong, Lowe & Song, Ergonomics 52, 2009; how much thinner is ours).
 */
export function measuredShape(input: DesignInput): Shaped {
  const { parameters: p, mesh, side } = input
  const value = reader(input)
  const diameter = p.diameterShare * value('hand_length')
  const widths = fingers.map((name) => value(`${name}_width`) + p.spaceMm)
  const lengths = fingers.map((name) => value(`${name}_length`))
  const thumb = value('thumb_width')
  const gripped = Math.max(
    value('hand_breadth'),
    widths.reduce((sum, width) => sum + width, 0),
    shortestMm - 2 * p.endMm,
  )
  const ends: [number, number] = [-gripped / 2 - p.endMm, gripped / 2 + p.endMm]
  const grooves = groovesFrom(widths, lengths, p.swellShare)
  const surface = radiusOf({ diameter, grooves, ends, thumb: side === null ? null : thumb }, p)

  let reachMm = 0
  let thinnestMm = Infinity
  for (let z = ends[0]; z <= ends[1]; z += 1) {
    for (let k = 0; k < 72; k++) {
      const r = surface((k * Math.PI) / 36, z)
      reachMm = Math.max(reachMm, r)
      thinnestMm = Math.min(thinnestMm, r)
    }
  }
  const body: Sdf = (x, y, z) => 0.9 * (Math.hypot(x, y) - surface(Math.atan2(y, x), z))
  const toLeft = side === 'right' ? compose(mirrorZ, input.toCanonical) : input.toCanonical
  const posed = transformed({ positions: mesh.positions, triangles: mesh.triangles }, toLeft)
  // in the palm's side, beyond the hand
  const markAt = (z: number) => ({ angle: Math.PI, z, radiusMm: surface(Math.PI, z) })
  return {
    body,
    toHandle: compose(frameOver(posed.positions, reachMm, ends), toLeft),
    ends,
    reachMm,
    thinnestMm,
    marks: [markAt(ends[1] - p.endMm / 2), markAt(ends[0] + p.endMm / 2)],
    sizeMm: diameter,
    contact: null,
    notes: [
      'the hand is open in the scan: the handle is made from its measurements and touches nothing there',
      `girth of a cylinder of ${diameter.toFixed(1)} mm: ${(100 * p.diameterShare).toFixed(1)} % of the hand's length`,
      ...(input.choices.glove && input.choices.glove !== 'none'
        ? ['no room was made for a glove: the rule is for bare hands']
        : []),
      ...(side === null
        ? ['which hand it is cannot be told: the handle is alike for both and has no rest for the thumb']
        : []),
    ],
  }
}

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED for what the scan did not yield */
export function reader({ measurements }: DesignInput) {
  const needed = [...sizes, 'thumb_width', ...fingers.flatMap((name) => [`${name}_width`, `${name}_length`])]
  const missing = needed.filter((name) => !((measurements[name]?.confidence ?? 0) >= leastConfidence(name)))
  if (missing.length > 0) {
    throw new GeometryRefusal(
      'DESIGN_NOT_SUPPORTED',
      `the scan shows neither a hand that holds something nor an open hand to measure: it lacks ${missing.join(', ')}`,
      { missing },
    )
  }
  return (name: string) => measurements[name].value
}

interface Groove {
  /** its middle along the axis, the index finger's on top, mm */
  at: number
  width: number
  /** the handle's thickness there against that at the middle finger */
  thick: number
}

function groovesFrom(widths: readonly number[], lengths: readonly number[], swellShare: number): Groove[] {
  let top = widths.reduce((sum, width) => sum + width, 0) / 2
  return widths.map((width, i) => {
    top -= width
    return { at: top + width / 2, width, thick: 1 - swellShare * (1 - Math.min(1, lengths[i] / lengths[1])) }
  })
}

/** The surface's distance from the axis: over the angle (0 where the fingers lie, 180° in the palm) and the place. */
function radiusOf(
  made: { diameter: number; grooves: readonly Groove[]; ends: readonly [number, number]; thumb: number | null },
  p: Readonly<Record<string, number>>,
) {
  const { grooves, ends, thumb } = made
  const { a, b } = ellipse(made.diameter, p.sectionRatio)
  return (angle: number, z: number): number => {
    const c = Math.cos(angle)
    const s = Math.sin(angle)
    let r = ((a * b) / Math.sqrt((b * c) ** 2 + (a * s) ** 2)) * thickness(grooves, z)
    for (const { at, width } of grooves) {
      const off = Math.abs(z - at) / width
      // fingers lie round the front and on both sides; the palm has none
      if (off < 0.5) r -= p.grooveMm * Math.cos(Math.PI * off) ** 2 * ease(-0.6, 0.3, c)
    }
    if (thumb !== null) {
      // across the palm's side, above the index finger's tip
      const turn = Math.abs(wrapped(angle + (115 * Math.PI) / 180)) / ((55 * Math.PI) / 180)
      const along = Math.abs(z - grooves[0].at - 0.3 * grooves[0].width) / (0.8 * thumb)
      if (turn < 1 && along < 1)
        r -= p.thumbRestMm * (Math.cos((Math.PI / 2) * turn) * Math.cos((Math.PI / 2) * along)) ** 2
    }
    const toEnd = Math.min(ends[1] - z, z - ends[0])
    return r + p.flareMm * (1 - ease(0, p.endMm, toEnd))
  }
}

/** Half the axes of an ellipse with the girth of a circle (Ramanujan 1914: exact to 1e-7 at these shapes). */
function ellipse(diameter: number, ratio: number) {
  const h = ((ratio - 1) / (ratio + 1)) ** 2
  const girth = Math.PI * (ratio + 1) * (1 + (3 * h) / (10 + Math.sqrt(4 - 3 * h)))
  const b = (Math.PI * diameter) / girth
  return { a: ratio * b, b }
}

/** Between the middles of two grooves it goes over evenly from the one finger's thickness to the other's. */
function thickness(grooves: readonly Groove[], z: number): number {
  if (z >= grooves[0].at) return grooves[0].thick
  for (let i = 1; i < grooves.length; i++) {
    const [upper, lower] = [grooves[i - 1], grooves[i]]
    if (z >= lower.at) return lower.thick + (upper.thick - lower.thick) * ease(lower.at, upper.at, z)
  }
  return grooves[grooves.length - 1].thick
}

const wrapped = (angle: number) => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI))

const mirrorZ: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1]

/**
 * From the pose of a left hand (x to the finger tips, y to the thumb, z out of the palm) to the handle's frame: it
 * lies across the palm behind the roots of the fingers, clear of the skin, the index finger's end on top.
 */
function frameOver(positions: Float64Array, reachMm: number, ends: readonly [number, number]): Mat4 {
  const behind = -12
  let high = 0
  for (let i = 0; i < positions.length; i += 3) {
    const inReach =
      Math.abs(positions[i] - behind) < reachMm && positions[i + 1] < ends[1] && positions[i + 1] > ends[0]
    if (inReach && positions[i + 2] > high) high = positions[i + 2]
  }
  const half = Math.SQRT1_2
  const front: Vec3 = add(scale([1, 0, 0], half), scale([0, 0, 1], half))
  return intoFrame(front, [half, 0, -half], [0, 1, 0], [behind, 0, high + reachMm + 5])
}
