import { type Sdf2 } from '../../field/outline.ts'
import { closedPlan, type Plan, planDistance } from '../../field/plan.ts'
import { strokeBars, type Stroke } from '../../field/strokes.ts'
import type { Side } from '../../measure/measurement.ts'
import { letterGap, strokesOfCharacter } from '../../picture/stroke-font.ts'

/** What is to stand on a product: the customer's or order's id, and the side's letter; either may be empty. */
export interface Words {
  readonly id: string
  readonly side: string
}

export const wordsOf = (id: string | undefined, side: Side | null): Words => ({
  id: (id ?? '').trim(),
  side: side === null ? '' : side === 'left' ? 'L' : 'R',
})

/** All of them, as they are read. */
export const textOf = ({ id, side }: Words): string => [id, side].filter(Boolean).join(' ')

/**
 * The pens that letters are drawn with, mm, the best first: resin keeps grooves from 0.3 to 0.4 mm on
 * (printers' design guides: addema.se/guides-sla, microworkshops.co.uk/3d-printing-design-guide). Raised ones are as
 * thick as what a shell keeps of its ledges and ridges.
 */
export const cutPens: readonly number[] = [0.4, 0.3]
export const raisedPens: readonly number[] = [0.8]
/** Ridges between strokes that are thinner than this are cut away with them: they would break off. */
const ridgeMm = 0.45
/** The least height of a capital with a pen, mm: two ridges stay between the three bars of a B or an 8. */
export const leastCapMm = (penMm: number) => 2.2 * (penMm + ridgeMm)

/** Lines of letters as strokes of a pen, centred round the origin. Sizes in mm, the pen's width counted. */
export interface Lettering {
  readonly text: string
  readonly strokes: readonly Stroke[]
  readonly penMm: number
  readonly width: number
  readonly height: number
}

/**
 * Ways to write words that are no wider than said, the best first: all of them in one line, or broken between two words;
 * with a thinner pen; broken within a word; then the id alone, then the side alone. Each comes as large as may be and
 * then smaller, down to what is legible.
 */
export function* letterings(words: Words, pens: readonly number[], mostCapMm: number, widthMm: number) {
  const texts = words.id && words.side ? [textOf(words), words.id, words.side] : [textOf(words)]
  for (const text of texts.filter(Boolean)) {
    for (const ways of [[[text], ...broken(text, / /)], broken(text, /[^ ]/)]) {
      for (const penMm of pens) {
        for (const lines of ways) {
          for (const capMm of capsFrom(mostCapMm, leastCapMm(penMm))) {
            const lettering = lettered(text, lines, capMm, penMm)
            if (lettering.width <= widthMm) yield lettering
          }
        }
      }
    }
  }
}

/** In two lines, broken before a sign of a kind, where the wider line is narrowest; none where there is no such place. */
function broken(text: string, before: RegExp): string[][] {
  const places = Array.from({ length: text.length }, (_, i) => i).filter((i) => i > 0 && before.test(text[i]))
  const ways = places.map((i) => [text.slice(0, i).trim(), text.slice(i).trim()])
  return ways.sort((one, other) => widest(one) - widest(other)).slice(0, 1)
}

const widest = (lines: readonly string[]) => Math.max(...lines.map((line) => row(line, 1, letterGap).width))

/** Heights from the most down to the least, a fifth of a millimetre apart; none when the least is more. */
function capsFrom(most: number, least: number): number[] {
  const steps = Math.max(0, Math.floor((most - least) / 0.2))
  const caps = Array.from({ length: steps + 1 }, (_, i) => most - 0.2 * i).filter((cap) => cap > least)
  return most >= least ? [...caps, least] : []
}

function lettered(text: string, lines: readonly string[], capMm: number, penMm: number): Lettering {
  const gapMm = Math.max(letterGap * capMm, penMm + ridgeMm + 0.1)
  const rows = lines.map((line) => row(line, capMm, gapMm))
  const width = Math.max(...rows.map((one) => one.width))
  const height = rows.reduce((sum, { low, high }) => sum + high - low, (rows.length - 1) * gapMm)
  const strokes: Stroke[] = []
  let top = height / 2
  for (const one of rows) {
    for (const stroke of one.strokes) {
      strokes.push(stroke.map(([u, v]) => [u - one.width / 2, v + top - one.high] as const))
    }
    top -= one.high - one.low + gapMm
  }
  return { text, strokes, penMm, width: width + penMm, height: height + penMm }
}

/** A line of letters from x = 0, on y = 0, with at least a capital's height, mm. */
function row(line: string, capMm: number, gapMm: number) {
  const strokes: Stroke[] = []
  let x = 0
  for (const [i, character] of line.split('').entries()) {
    const letter = strokesOfCharacter(character)
    // before each letter a gap, and for a space two thirds of one more
    if (i > 0) x += /\s/.test(character) ? (2 / 3) * gapMm : gapMm
    for (const stroke of letter.strokes) strokes.push(stroke.map(([u, v]) => [x + u * capMm, v * capMm] as const))
    x += letter.width * capMm
  }
  const heights = strokes.flat().map(([, v]) => v)
  return { strokes, width: x, low: Math.min(0, ...heights), high: Math.max(capMm, ...heights) }
}

/** Letters as a flat region, narrow gaps between their strokes closed; it is asked up to a millimetre beside them. */
export function inked({ strokes, penMm, width, height }: Lettering): Sdf2 {
  const [halfWidth, halfHeight] = [width / 2 + 1, height / 2 + 1]
  const pen = strokeBars({ origin: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0] }, strokes, penMm / 2)
  const cell = 0.04
  const columns = Math.ceil((2 * halfWidth) / cell) + 1
  const rows = Math.ceil((2 * halfHeight) / cell) + 1
  const inside = Uint8Array.from({ length: columns * rows }, (_, i) =>
    pen((i % columns) * cell - halfWidth, Math.floor(i / columns) * cell - halfHeight, 0) < 0 ? 1 : 0,
  )
  const closed = closedPlan({ x0: -halfWidth, y0: -halfHeight, cell, columns, rows, inside }, ridgeMm / 2)
  return planDistance(closedPlan(withWideNecks(closed, 0.36 * penMm), ridgeMm / 2))
}

/**
 * Where two strokes come near each other, closing leaves a neck too narrow for the cells: it is made as wide as a disc.
 * A stroke's own round end differs from discs by the plan's squares, and is left as it is.
 */
function withWideNecks(plan: Plan, radiusMm: number): Plan {
  const { x0, y0, cell, columns } = plan
  const where = (test: (x: number, y: number, i: number) => boolean): Plan => ({
    ...plan,
    inside: plan.inside.map((_, i) =>
      test(x0 + (i % columns) * cell, y0 + Math.floor(i / columns) * cell, i) ? 1 : 0,
    ),
  })
  const depth = planDistance(plan)
  const toCore = planDistance(where((x, y) => depth(x, y) < -radiusMm))
  const necks = where((x, y, i) => plan.inside[i] === 1 && toCore(x, y) > radiusMm + 2 * cell)
  if (!necks.inside.includes(1)) return plan
  const toNeck = planDistance(necks)
  return where((x, y, i) => plan.inside[i] === 1 || toNeck(x, y) < radiusMm)
}
