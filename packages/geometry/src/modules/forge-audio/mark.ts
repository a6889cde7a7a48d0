import { engraved, inBall } from '../../field/combine.ts'
import type { Detail } from '../../field/detailed.ts'
import { gradientAt } from '../../field/grid.ts'
import { extruded, type Sdf2 } from '../../field/outline.ts'
import { closedPlan, planDistance, widenedPlan } from '../../field/plan.ts'
import type { Sdf } from '../../field/shapes.ts'
import { type Frame, strokeBars, type Stroke } from '../../field/strokes.ts'
import type { Side } from '../../measure/measurement.ts'
import { add, cross, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { letterGap, strokesOfCharacter } from '../../picture/stroke-font.ts'

/** What stands on a product: the customer's or order's id, and the side. */
export const markOf = (id: string | undefined, side: Side | null): string =>
  [id, side === null ? '' : side === 'left' ? 'L' : 'R'].filter(Boolean).join(' ')

/** Words on a product: as walls that stand through its surface, and the place that is to be drawn finely for them. */
export interface Mark {
  column: Sdf
  detail: Detail
}

/**
 * Words for a flat place of a body, as tall as fits: no taller and no wider than said, and clear of the body's sides,
 * towards whichever side there is more room.
 * @returns null for no words, and for no room
 */
export function markOn(body: Sdf, frame: Frame, text: string, capMm: number, widthMm: number): Mark | null {
  if (text === '') return null
  for (const cap of [capMm, 0.75 * capMm, 0.6 * capMm]) {
    const room = roomOn(body, frame, cap / 2, widthMm)
    if (room.to - room.from < 2) continue
    // in the middle of the room, or as near to the frame's as the width allows
    const spare = Math.max(0, (room.to - room.from - widthMm) / 2)
    const middle = (room.from + room.to) / 2
    const shift = Math.sign(middle) * Math.max(0, Math.abs(middle) - spare)
    const origin = step(frame.origin, frame.x, shift)
    return wordsOn({ ...frame, origin }, text, cap, Math.min(widthMm, room.to - room.from))
  }
  return null
}

/** What is said of words that found no room. */
export const leftAway = (mark: Mark | null, text: string): string[] =>
  mark || text === '' ? [] : [`"${text}" finds no room on it and is left away`]

/** Words as walls that stand on the frame, centred. */
export function wordsOn(frame: Frame, text: string, capMm: number, widthMm: number, penMm = cutPenMm): Mark {
  const { strokes, tall, width } = lettered(text, capMm, widthMm, penMm)
  const [across, up] = [width / 2 + 1, tall / 2 + 1]
  const region = inked(strokes, penMm, across, up)
  return {
    column: inBall(extruded(region, frame, -3, 3), frame.origin, Math.hypot(across, up, 3), 1),
    detail: { frame, half: [across - 0.6, up - 0.6, 0.6], cell: letterCellMm },
  }
}

/** The body with the words cut into it. */
export const marked = (body: Sdf, mark: Mark | null, depthMm: number): Sdf =>
  mark ? engraved(body, mark.column, depthMm, 0.05) : body

/** Whether a place lies among the letters, in the depth to which they are cut: ridges between them are no walls. */
export function amongLetters({ detail: { frame, half } }: Mark, depthMm: number, [x, y, z]: Vec3): boolean {
  const away = subtract([x, y, z], frame.origin)
  return (
    Math.abs(dot(away, frame.x)) < half[0] &&
    Math.abs(dot(away, frame.y)) < half[1] &&
    Math.abs(dot(away, cross(frame.x, frame.y))) < depthMm + 0.1
  )
}

/** What stands between letters and the body's sides, mm. */
const besideMm = 0.9

/**
 * From where to where along the frame's x words may stand, from the origin on: under the surface is material, and over
 * it nothing, so that no letter runs into what stands beside.
 */
function roomOn(body: Sdf, { origin, x, y }: Frame, halfHeight: number, mostMm: number): { from: number; to: number } {
  const outward = unit(gradientAt(body, ...step(origin, y, halfHeight / 2)))
  const at = (u: number, v: number, up: number) =>
    body(...add(origin, add(scale(outward, up), add(scale(x, u), scale(y, v)))))
  const clear = (u: number) =>
    [-halfHeight - 0.3, 0, halfHeight + 0.3].every((v) => at(u, v, -besideMm - 0.1) < -besideMm && at(u, v, 0.6) > 0.4)
  const reach = (way: 1 | -1) => {
    let far = 0
    while (far < mostMm && clear(way * (far + 0.25))) far += 0.25
    return far
  }
  return clear(0) ? { from: -reach(-1), to: reach(1) } : { from: 0, to: 0 }
}

/** Letters as tall as fits, with a ridge between each two, round the origin; mm. */
function lettered(text: string, capMm: number, widthMm: number, penMm: number) {
  const letters = text.split('').map((character) => ({ ...strokesOfCharacter(character), space: /\s/.test(character) }))
  const gapMm = Math.max(letterGap * capMm, penMm + ridgeMm + 0.1)
  // before each letter a gap, and for a space two thirds of one more
  const gapBefore = (i: number) => (i === 0 ? 0 : letters[i].space ? 2 / 3 : 1)
  const gaps = letters.reduce((sum, _, i) => sum + gapBefore(i), 0)
  const wide = letters.reduce((sum, letter) => sum + letter.width, 0)
  const tall = Math.min(capMm, Math.max(0.3 * capMm, (widthMm - gaps * gapMm) / wide))
  const width = gaps * gapMm + tall * wide
  const strokes: Stroke[] = []
  let x = -width / 2
  for (const [i, letter] of letters.entries()) {
    x += gapBefore(i) * gapMm
    for (const stroke of letter.strokes) strokes.push(stroke.map(([u, v]) => [x + u * tall, (v - 0.5) * tall] as const))
    x += letter.width * tall
  }
  return { strokes, tall, width }
}

/** The pen's width, mm: what SLA engraves reliably is 0.4, and what stands up has to be a wall. */
const cutPenMm = 0.4
export const raisedPenMm = 0.8
/** Ridges between strokes that are thinner than this are cut away with them: they would break off. */
const ridgeMm = 0.45
/** Cells that a pen's stroke is four wide in, mm. */
const letterCellMm = 0.1

/** Strokes as a flat region, narrow gaps between them closed. */
function inked(strokes: readonly Stroke[], penMm: number, halfWidth: number, halfHeight: number): Sdf2 {
  const pen = strokeBars({ origin: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0] }, strokes, penMm / 2)
  const cell = 0.04
  const columns = Math.ceil((2 * halfWidth) / cell) + 1
  const rows = Math.ceil((2 * halfHeight) / cell) + 1
  const inside = Uint8Array.from({ length: columns * rows }, (_, i) =>
    pen((i % columns) * cell - halfWidth, Math.floor(i / columns) * cell - halfHeight, 0) < 0 ? 1 : 0,
  )
  const plan = { x0: -halfWidth, y0: -halfHeight, cell, columns, rows, inside }
  // where two strokes come near each other, closing leaves a neck too narrow for the cells: widened, and closed again
  const closed = closedPlan(plan, ridgeMm / 2)
  return planDistance(closedPlan(widenedPlan(closed, 0.36 * penMm), ridgeMm / 2))
}
