import { type Area } from './camera.ts'

/** The room that a panel asks for. */
export interface Need {
  /** size of what is shown, mm (or any unit that all panels share) */
  readonly wide: number
  readonly high: number
  /** pixels on the left and right for labels, above and below for titles and the scale bar */
  readonly left: number
  readonly right: number
  readonly above: number
  readonly below: number
  /** pixels that the labels are high, and that the title is wide, also when what is shown is smaller */
  readonly least: number
  readonly leastWide: number
}

export interface Arrangement {
  /** one a panel: the whole panel, its margins included */
  readonly panels: readonly Area[]
  /** pixels a millimetre, in all panels the same */
  readonly scale: number
}

/** How many panels in each row. */
const rowsOf: Readonly<Record<number, readonly (readonly number[])[]>> = {
  1: [[1]],
  2: [[2], [1, 1]],
  3: [[3], [1, 2], [2, 1], [1, 1, 1]],
  4: [[4], [2, 2], [1, 3], [3, 1], [1, 1, 1, 1]],
}

/**
 * Sets 1 to 4 panels in rows, or in columns, so that what they show is as large as can be at one common scale.
 * @returns undefined when not even the margins have room
 */
export function arrange(needs: readonly Need[], area: Area, gap: number): Arrangement | undefined {
  let best: Arrangement | undefined
  for (const rows of rowsOf[needs.length]) {
    for (const upright of [false, true]) {
      const found = atLargest(needs, rows, upright, area, gap)
      if (found && (!best || found.scale > best.scale * 1.0001)) best = found
    }
  }
  return best
}

function atLargest(needs: readonly Need[], rows: readonly number[], upright: boolean, area: Area, gap: number) {
  let low = 0
  let high = Math.max(area.width, area.height) / Math.min(...needs.map((need) => Math.max(need.wide, need.high)))
  if (!laidOut(needs, rows, upright, area, gap, low)) return undefined
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2
    if (laidOut(needs, rows, upright, area, gap, middle)) low = middle
    else high = middle
  }
  return laidOut(needs, rows, upright, area, gap, low)
}

/** The panels at this scale, what room is left over shared out among them; undefined when they do not fit. */
function laidOut(
  needs: readonly Need[],
  rows: readonly number[],
  upright: boolean,
  area: Area,
  gap: number,
  scale: number,
): Arrangement | undefined {
  const width = (need: Need) => Math.max(need.wide * scale + need.left + need.right, need.leastWide)
  const height = (need: Need) => Math.max(need.high * scale, need.least) + need.above + need.below
  // columns are rows with the two directions exchanged
  const [along, across] = upright ? [height, width] : [width, height]
  const [alongRoom, acrossRoom] = upright ? [area.height, area.width] : [area.width, area.height]
  let first = 0
  const groups = rows.map((count) => {
    const group = needs.slice(first, first + count)
    first += count
    return group
  })
  const thick = groups.map((group) => Math.max(...group.map(across)))
  const acrossLeft = acrossRoom - thick.reduce((sum, t) => sum + t, gap * (rows.length - 1))
  if (acrossLeft < 0) return undefined
  const panels: Area[] = []
  let down = 0
  for (const [r, group] of groups.entries()) {
    const alongLeft = alongRoom - group.reduce((sum, need) => sum + along(need), gap * (group.length - 1))
    if (alongLeft < 0) return undefined
    const rowThick = thick[r] + acrossLeft / rows.length
    let at = 0
    for (const need of group) {
      const long = along(need) + alongLeft / group.length
      panels.push(
        upright
          ? rounded(area.x + down, area.y + at, rowThick, long)
          : rounded(area.x + at, area.y + down, long, rowThick),
      )
      at += long + gap
    }
    down += rowThick + gap
  }
  return { panels, scale }
}

const rounded = (x: number, y: number, width: number, height: number): Area => ({
  x: Math.round(x),
  y: Math.round(y),
  // down, not to the nearest: a panel never reaches into the next one
  width: Math.floor(width),
  height: Math.floor(height),
})
