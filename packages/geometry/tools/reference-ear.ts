/**
 * Makes src/measure/ear/reference.ts out of a left ear whose frame is known (HUTUBS subject 3): a height map with
 * points 1 mm apart. Run it again when the reference is to be another ear:
 *   node packages/geometry/tools/reference-ear.ts > packages/geometry/src/measure/ear/reference.ts
 */
import { readFileSync } from 'node:fs'
import { heightMap } from '../src/mesh/height-map.ts'
import { identity } from '../src/mesh/matrix.ts'
import { readScan } from '../src/read/read.ts'

const scans = new URL('../../../test/scans/ear/', import.meta.url)
const mesh = readScan(readFileSync(new URL('hutubs_pp3_left_ear.ply', scans)))
const truth = JSON.parse(readFileSync(new URL('hutubs_pp3_left_ear.truth.json', scans), 'utf8')) as {
  ears: { left: { landmarks_mm: [number, number, number][] } }
}
const view = heightMap(mesh, identity, { x0: 0.5, y0: 0.5, x1: 69.5, y1: 79.5 }, 1)
const base = 55
const steps = Int16Array.from(view.heights, (height) => Math.round((height - base) * 100))
const text = Buffer.from(steps.buffer).toString('base64')
const lines = text.match(/.{1,110}/g) ?? []
/** Annotated points by their number in the published scheme. */
const numbers = { tragus: 69, antihelix: 94, incisure: 77, crus: 58, notchFront: 72, notchBack: 80 }
const landmarks = Object.entries(numbers).map(
  ([name, number]) => `  ${name}: [${truth.ears.left.landmarks_mm[number - 1]?.join(', ')}],`,
)

process.stdout.write(`// made by tools/reference-ear.ts
/**
 * A left ear whose frame is known: x backwards, y up, z outward along the head's interaural axis, mm. HUTUBS database,
 * subject 3, TU Berlin (F. Brinkmann et al.), CC BY 4.0, as range image and annotated points of D. Fantini's
 * pinna-anthropometry-extraction (MIT); thinned to points 1 mm apart.
 */
export const reference = {
  x0: ${view.x0},
  y0: ${view.y0},
  cell: ${view.cell},
  columns: ${view.columns},
  rows: ${view.rows},
  /** heights are this plus a hundredth of the stored number */
  base: ${base},
  heights:
    ${lines.map((line) => `'${line}'`).join(' +\n    ')},
} as const

/** Where its landmarks lie: where to begin to look for another ear's. */
export const referenceLandmarks = {
${landmarks.join('\n')}
} as const
`)
