import { largestBody } from '../../field/bodies.ts'
import { roundIntersect, roundSubtract } from '../../field/combine.ts'
import type { Sdf } from '../../field/shapes.ts'
import { strokeColumn } from '../../field/strokes.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { applyTo, inverse, isMirror } from '../../mesh/matrix.ts'
import { transformed } from '../../mesh/mesh.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { strokesOf } from '../../picture/stroke-font.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, Generated } from '../module.ts'
import { refusedFor } from '../refused.ts'
import { heldShape, refuseTight } from './held.ts'
import { hollowOf, skinOf } from './hollow.ts'
import { measuredShape, reader } from './measured.ts'
import type { MarkPlace, Shaped } from './shaped.ts'

const meshMm = 0.55

type Parameters = Readonly<Record<string, number>>

/**
 * A handle for one hand. When the scan shows a hand that is closed round something, or half closed, it fills the hollow;
 * for an open hand it is made from the hand's measurements. With ends, a bore for the core, and a mark.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED when the scan shows neither a hollow nor a hand that could be measured,
 * or the core is none that can be made, or leaves no wall
 */
export function gripHandle(input: DesignInput): Generated {
  const { parameters: p } = input
  refuseFine(p)
  input.progress('finding_the_hollow')
  const skin = skinOf(input.mesh)
  const hollow = hollowOf(input.mesh, skin)
  const shaped = hollow ? heldShape(input, skin, hollow) : measuredShape(input)
  refuseThin(shaped, p)
  input.progress('shaping')
  const [low, high] = shaped.ends
  const middle = (low + high) / 2
  const capped = roundIntersect(shaped.body, (_x, _y, z) => Math.abs(z - middle) - (high - low) / 2, p.endRadiusMm)
  const mirrored = isMirror(shaped.toHandle)
  const side = input.side === null ? '' : input.side === 'left' ? 'L' : 'R'
  const sized = marked(capped, shaped.marks[0], `${side} ${shaped.sizeMm.toFixed(0)}`.trim(), mirrored, p)
  const inscribed = marked(sized, shaped.marks[1], input.choices.engraving ?? '', mirrored, p)
  // flat triangles across a round bore would make it narrower
  const bore = p.coreMm / 2 + (p.coreMm > 0 ? meshMm ** 2 / p.coreMm : 0)
  const body = bore > 0 ? roundSubtract(inscribed, (x, y) => Math.hypot(x, y) - bore, 0.8) : inscribed
  input.progress('meshing')
  const reach = shaped.reachMm + 1
  const box = { min: [-reach, -reach, low - 1] as const, max: [reach, reach, high + 1] as const }
  const made = largestBody(surfaceOfSdf(body, box, meshMm, 1.7))
  const back = inverse(shaped.toHandle)
  const { contact } = shaped
  const path: Vec3[] = [low - 2, middle, high + 2].map((z) => applyTo(back, [0, 0, z]))
  return {
    body: transformed(made, back),
    intendedOffsetMm: contact ? p.offsetMm : 0,
    contact: contact && ((x, y, z) => contact(...applyTo(shaped.toHandle, [x, y, z]))),
    bores: bore > 0 ? [{ name: 'core', path, diameterMm: p.coreMm }] : [],
    genus: bore > 0 ? 1 : 0,
    // a hand opens to take hold of it: there is no way on which it would have to be pushed in
    pressMm: null,
    notes: shaped.notes,
  }
}

/** What a hand lacks for a handle: a hollow with room for one, or the measurements of an open hand. */
export function missingHand(input: DesignInput): string[] {
  const hollow = hollowOf(input.mesh, skinOf(input.mesh))
  return refusedFor(() => (hollow ? refuseTight(hollow) : reader(input)))
}

/** Triangles of `meshMm` make no narrower bore round. */
const finestMm = 3

function refuseFine({ coreMm }: Parameters) {
  if (coreMm === 0 || coreMm >= finestMm) return
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `a core of ${coreMm} mm is too thin: it is 0 for none, or ${finestMm} mm and more`,
    { missing: [`a core of ${finestMm} mm and more`] },
  )
}

function refuseThin({ thinnestMm }: Shaped, p: Parameters) {
  const most = 2 * (thinnestMm - p.wallMm)
  if (p.coreMm === 0 || p.coreMm <= most) return
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `a core of ${p.coreMm} mm leaves less than ${p.wallMm} mm of wall: this hand takes one of up to ${Math.max(0, Math.floor(most))} mm`,
    { missing: ['room for the core'] },
  )
}

/** Half the width of a stroke, and what stays between two letters, mm. */
const strokeMm = 0.9
const betweenMm = 0.6

/**
 * Words cut into the handle's side, round it: grooves with round grounds, whose sides slope so that nothing between
 * two strokes is a thin wall.
 */
function marked(body: Sdf, { angle, z, radiusMm }: MarkPlace, text: string, mirrored: boolean, p: Parameters): Sdf {
  const letters = text.split('').map((letter) => strokesOf(letter))
  const gap = 2 * strokeMm + betweenMm
  const wide = letters.reduce((sum, { width }) => sum + width, 0)
  const cap = Math.min(6, p.endMm - 8, (5 * radiusMm - gap * letters.length) / wide)
  const placed: (readonly [number, number])[][] = []
  let right = -(wide * cap + gap * (letters.length - 1)) / 2
  for (const { strokes, width } of letters) {
    for (const stroke of strokes) placed.push(stroke.map(([u, v]) => [right + u * cap, (v - 0.5) * cap] as const))
    right += width * cap + gap
  }
  if (placed.length === 0) return body
  const flat = strokeColumn({ origin: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0] }, placed, strokeMm, 1)
  // unrolled from the handle; what is mirrored back with it is written mirrored here
  const way = mirrored ? -radiusMm : radiusMm
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const half = cap / 2 + strokeMm
  return (px, py, pz) => {
    const d = body(px, py, pz)
    if (Math.abs(pz - z) > half || d < -2 || d > 1) return d
    const off = 1 + flat(way * Math.atan2(py * c - px * s, px * c + py * s), pz - z, 0) / strokeMm
    return off < 1 ? d + p.markDepthMm * (1 - off * off) : d
  }
}
