import { inBall, roundUnion, union } from '../field/combine.ts'
import { box, capsule, moved, type Sdf } from '../field/shapes.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { inverse, intoFrame } from '../mesh/matrix.ts'
import { type Mesh, submesh } from '../mesh/mesh.ts'
import { add, between, cross, scale, step, unit, type Vec3 } from '../mesh/vector.ts'

/** A tooth of the phantom: where it stands, mm. */
export interface ToothTruth {
  /** its place in the row: 1 for a central incisor to 7 for a second molar */
  readonly place: number
  /** x of the row: negative on the patient's right */
  readonly side: 'left' | 'right'
  /** the middle of its crown on the level of its cusps */
  readonly middle: Vec3
  /** along the row towards the back, and out of the row, of length 1 */
  readonly distal: Vec3
  readonly buccal: Vec3
  /** breadth along the row and across it, and how far the cusps stand above the neck */
  readonly width: number
  readonly depth: number
  readonly height: number
  /** the highest points of its cusps; of a front tooth both ends of its edge */
  readonly tips: readonly Vec3[]
}

export interface ArchTruth {
  readonly teeth: readonly ToothTruth[]
  /** half the axes of the ellipse on which the crowns' middles stand: across, and from front to back */
  readonly halfWidth: number
  readonly halfDepth: number
  /** how high the cusps stand over each place: the curve of Spee, a parabola from front to back */
  level(x: number, y: number): number
}

/** Crowns of upper teeth: mesiodistal and buccolingual breadth, height, mm (Wheeler's Dental Anatomy, rounded). */
const crowns = [
  [8.5, 7, 10],
  [6.5, 6, 9],
  [7.5, 8, 10],
  [7, 9, 8.5],
  [7, 9, 8.5],
  [10, 11, 7.5],
  [9.5, 11, 7],
] as const
/** The radius of a cusp's tip and of a biting edge. */
const tipMm = 1.2

/**
 * A row of fourteen teeth in their gum, as a scanner sees it: open below. x to the patient's left, y to the front, z
 * out of the jaw; the cusps of the front teeth stand on z = 0. Crowns have a belly that overhangs the gum, cusps on
 * premolars and molars, fissures between them, edges on front teeth.
 * @param options.missing places ('left 4') where no tooth stands
 * @param options.spee how much lower the last molar stands than the front teeth, mm
 */
export function dentalArch({
  halfWidth = 25,
  halfDepth = 42,
  spee = 1.5,
  cell = 0.35,
  missing = [] as readonly string[],
} = {}): { mesh: Mesh; truth: ArchTruth } {
  const level = (_x: number, y: number) => -spee * ((halfDepth - y) / halfDepth) ** 2
  const on = (angle: number): Vec3 => {
    const [x, y] = [halfWidth * Math.sin(angle), halfDepth * Math.cos(angle)]
    return [x, y, level(x, y)]
  }
  const teeth = (['right', 'left'] as const)
    .flatMap((side) => rowOf(side, on))
    .filter(({ side, place }) => !missing.includes(`${side} ${place}`))
  const ridge = Array.from({ length: 41 }, (_, k) => step(on(-1.75 + (3.5 * k) / 40), [0, 0, 1], -13))
  const gum = tube(ridge, 6)
  const parts = teeth.map((tooth) => inBall(crownOf(tooth), step(tooth.middle, [0, 0, 1], -4), 11, 3))
  // between two crowns that touch a scanner sees a web
  const row = parts.reduce((body, part) => roundUnion(body, part, 0.5))
  const body: Sdf = roundUnion(row, gum, 0.8)
  const within = {
    min: [-halfWidth - 9, -14, -16] as const,
    max: [halfWidth + 9, halfDepth + 9, 2] as const,
  }
  const whole = surfaceOfSdf(body, within, cell, 1.5)
  const { positions: p, triangles } = whole
  const mesh = submesh(whole, (t) => [0, 1, 2].some((k) => p[3 * triangles[3 * t + k] + 2] > -14.5))
  return { mesh, truth: { teeth, halfWidth, halfDepth, level } }
}

/** One half of the row: each tooth touches the one before. */
function rowOf(side: 'left' | 'right', on: (angle: number) => Vec3): ToothTruth[] {
  const sign = side === 'left' ? 1 : -1
  let angle = 0
  const goOn = (mm: number) => {
    let left = mm
    while (left > 0) {
      const next = angle + 1e-3
      const [a, b] = [on(angle), on(next)]
      const way = Math.hypot(b[0] - a[0], b[1] - a[1])
      angle = way > left ? angle + (1e-3 * left) / way : next
      left -= way
    }
  }
  return crowns.map(([width, depth, height], i) => {
    goOn(width / 2)
    const middle = on(sign * angle)
    const ahead = on(sign * (angle + 1e-4))
    const distal = unit([ahead[0] - middle[0], ahead[1] - middle[1], 0])
    const buccal: Vec3 = scale(cross([0, 0, 1], distal), sign)
    goOn(width / 2)
    const at = (u: number, v: number): Vec3 => add(middle, add(scale(distal, u * width), scale(buccal, v * depth)))
    const tips =
      i < 2
        ? [at(-0.32, 0.1), at(0.32, 0.1)]
        : i === 2
          ? [at(0, 0.1)]
          : i < 5
            ? [at(0, 0.26), at(0, -0.26)]
            : [at(-0.23, 0.26), at(0.23, 0.26), at(-0.23, -0.26), at(0.23, -0.26)]
    return { place: i + 1, side, middle, distal, buccal, width, depth, height, tips }
  })
}

function crownOf({ middle, distal, buccal, width, depth, height, tips, place }: ToothTruth): Sdf {
  const up: Vec3 = [0, 0, 1]
  const toTooth = intoFrame(distal, cross(up, distal), up, middle)
  const across = Math.abs(buccal[0] * distal[1] - buccal[1] * distal[0])
  const front = place <= 3
  // a block with a belly: its lower rounding overhangs the neck
  const top = front ? -4.5 : -1.5
  const half: Vec3 = [width / 2 + 0.05, (depth / 2) * across, (height + top + 1.5) / 2]
  const round = Math.min(half[0], half[1], half[2]) * 0.75
  const block = moved(box([0, 0, top - half[2]], half, round), inverse(toTooth))
  const low = tips.map((tip) => step(tip, up, -tipMm))
  if (!front) return low.reduce<Sdf>((body, tip) => roundUnion(body, cone(tip, middle, 0.3 * width), 0.8), block)
  // a wedge under the edge
  const [first, last] = [low[0], low[low.length - 1]]
  const wedge = Array.from({ length: 5 }, (_, k) => cone(between(first, last, k / 4), middle, 2.6))
  return roundUnion(block, union(capsule(first, last, tipMm), ...wedge), 1.5)
}

/** A cusp: from its tip it grows thicker downwards, towards the middle of the tooth. */
function cone(tip: Vec3, middle: Vec3, footMm: number): Sdf {
  const foot: Vec3 = [tip[0] + 0.25 * (middle[0] - tip[0]), tip[1] + 0.25 * (middle[1] - tip[1]), tip[2] - 4]
  return tube([tip, foot], [tipMm, footMm])
}
