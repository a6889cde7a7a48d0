import { distance, type Vec3 } from '../mesh/vector.ts'
import { type Aim, type Area, type Camera, fitted, project, type View } from './camera.ts'
import { sides, stackHeight, type Wish, wrap } from './labels.ts'
import { type Color } from './light.ts'
import { coordinatesOf, type Mark, markColors, pointsOf, shownBy, visible } from './marks.ts'
import { arrange, type Need } from './panels.ts'
import { type Depth, survey } from './render.ts'
import { descent, lineStep, textWidth } from './stroke-font.ts'
import { type Model } from './surface.ts'

/** A mark's text, and the panel beside which it stands. */
export interface Tag {
  readonly mark: Mark
  readonly text: string
  readonly color: Color
  readonly panel: number
}

export const colorOf = (mark: Mark, number: number) => mark.color ?? markColors[number % markColors.length]

/** Gives each text to a panel that shows its mark well; of several that do, to the one with fewer texts so far. */
export function tagsOf(
  marks: readonly Mark[],
  views: readonly View[],
  aims: readonly Aim[],
  models: readonly Model[],
  slack: number,
): Tag[] {
  const worded = marks.flatMap((mark, i) => (mark.text ? [{ mark, text: mark.text, color: colorOf(mark, i) }] : []))
  if (aims.length === 1) return worded.map((tag) => ({ ...tag, panel: 0 }))
  const sights = worded.length > 0 ? aims.map((a) => surveyed(a, models)) : []
  const taken = aims.map(() => 0)
  return worded.map((tag) => {
    const scores = sights.map(({ camera, depth }, panel) => {
      if (tag.mark.panels && !tag.mark.panels.includes(panel)) return -1
      const score = shownBy(tag.mark, camera, depth, slack)
      if (!views[panel].around) return score
      // a detail shows larger what lies wholly within it
      return contains(aims[panel], tag.mark) ? score * 1.25 : 0
    })
    const enough = Math.max(...scores) * 0.95
    let panel = scores.findIndex((score) => score >= enough)
    for (let p = panel + 1; p < scores.length; p++) if (scores[p] >= enough && taken[p] < taken[panel]) panel = p
    taken[panel]++
    return { ...tag, panel }
  })
}

const contains = ({ camera, left, right, top, bottom }: Aim, mark: Mark) =>
  pointsOf(mark).every((p) => {
    const [x, y] = project(camera, p)
    return x >= left && x <= right && y >= top && y <= bottom
  })

function surveyed(a: Aim, models: readonly Model[]): { camera: Camera; depth: Depth } {
  const side = 320
  const camera = fitted(a, { x: 4, y: 4, width: side - 8, height: side - 8 })
  return { camera, depth: survey(models, camera, side, side) }
}

/** A label with its text broken into lines. */
export interface Label {
  readonly tag: Tag
  readonly lines: readonly string[]
  readonly width: number
  readonly height: number
}

export interface PanelPlan {
  readonly panel: Area
  /** what is left of the panel within its margins */
  readonly inner: Area
  /** pixels a millimetre */
  readonly scale: number
  readonly left: readonly Label[]
  readonly right: readonly Label[]
  readonly scaleBar: boolean
}

export interface Plan {
  readonly panels: readonly PanelPlan[]
  /** height of a capital, pixels */
  readonly size: number
  /** texts for which there was no room even in the smallest letters */
  readonly dropped: number
}

/** Between a label and the next, and between labels and what is shown, in heights of a capital. */
export const labelGap = 0.8
export const leaderRoom = 2.4
const smallest = 7

/** How wide a label may be before its text goes on in another line, in shares of the picture's width. */
const widths = [0.28, 0.21, 0.16, 0.12]

/**
 * Shares out the picture: as large a text as leaves what is shown more than half as large as it would be without
 * any; then as small as 7 pixels; then fewer texts. Of several ways to break the labels into lines the one with the
 * longest lines is taken that leaves what is shown about as large as the best.
 */
export function planned(
  views: readonly View[],
  aims: readonly Aim[],
  tags: readonly Tag[],
  area: Area,
  size: number,
): Plan {
  const bare = tried(views, aims, [], area, size, widths[0])
  const enough = bare ? 0.55 * scaleOf(bare) : 0
  for (let s = size; s >= smallest; s--) {
    const ways = widths.map((width) => tried(views, aims, tags, area, s, width)).filter((way) => way !== undefined)
    const best = Math.max(...ways.map(scaleOf))
    const panels = ways.find((way) => scaleOf(way) > 0.9 * best)
    if (panels && (scaleOf(panels) >= enough || s === smallest)) return { panels, size: s, dropped: 0 }
  }
  for (let kept = tags.length - 1; kept >= 0; kept--) {
    const panels = tried(views, aims, tags.slice(0, kept), area, smallest, widths[1])
    if (panels) return { panels, size: smallest, dropped: tags.length - kept }
  }
  return { panels: cramped(aims, area), size: smallest, dropped: tags.length }
}

const scaleOf = (panels: readonly PanelPlan[]) => panels[0].scale

function tried(
  views: readonly View[],
  aims: readonly Aim[],
  tags: readonly Tag[],
  area: Area,
  size: number,
  lineWidth: number,
): PanelPlan[] | undefined {
  const widest = (area.width / size) * lineWidth
  const factors = zooms(views, aims)
  const firstCommon = Math.max(
    0,
    views.findIndex((view) => !view.around),
  )
  const details = aims.map((a, p) => {
    const labels = tags.filter((tag) => tag.panel === p).map((tag) => labelOf(tag, widest, size))
    const wishes = labels.map(({ tag, height }) => wishOf(height, project(a.camera, middleOf(tag.mark))))
    const split = sides(wishes, (a.left + a.right) / 2)
    return {
      left: split.left.map((i) => labels[i]),
      right: split.right.map((i) => labels[i]),
      scaleBar: p === firstCommon || views[p].around !== undefined,
    }
  })
  const needs = aims.map((a, p): Need => {
    const { left, right } = details[p]
    return {
      wide: Math.max(a.right - a.left, 1e-9) * factors[p],
      high: Math.max(a.bottom - a.top, 1e-9) * factors[p],
      left: marginOf(left, size),
      right: marginOf(right, size),
      above: views[p].title ? size * 2.2 : 0,
      // also where there is no scale bar, for panels side by side stand on one line
      below: size * 3,
      least: Math.max(heightOf(left, size), heightOf(right, size)),
      leastWide: Math.min(textWidth(views[p].title ?? '') * size, area.width / aims.length - size * 2),
    }
  })
  const found = arrange(needs, area, size * 2)
  return found?.panels.map((panel, p) => {
    const { wide, high, left, right, above, below, least } = needs[p]
    const room = { width: panel.width - left - right, height: panel.height - above - below }
    // titles, labels and the scale bar stay near what is shown when there is room to spare
    const width = views[p].around ? Math.min(room.width, wide * found.scale) : room.width
    const height = Math.min(room.height, Math.max(high * found.scale, least) * 1.06 + size)
    const inner = {
      x: panel.x + left + (room.width - width) / 2,
      y: panel.y + above + (room.height - height) / 2,
      width,
      height,
    }
    return { panel, inner, scale: found.scale * factors[p], ...details[p] }
  })
}

/** Panels alone, for a picture so small that nothing else has room. */
function cramped(aims: readonly Aim[], area: Area): PanelPlan[] {
  const needs = aims.map((a) => ({
    wide: Math.max(a.right - a.left, 1e-9),
    high: Math.max(a.bottom - a.top, 1e-9),
    left: 0,
    right: 0,
    above: 0,
    below: 0,
    least: 0,
    leastWide: 0,
  }))
  const found = arrange(needs, area, 0)
  if (!found) throw new RangeError('a picture without area')
  return found.panels.map((panel) => ({
    panel,
    inner: panel,
    scale: found.scale,
    left: [],
    right: [],
    scaleBar: false,
  }))
}

/** A view of a part is drawn as large as the others draw the whole: by what its scale is to be multiplied. */
function zooms(views: readonly View[], aims: readonly Aim[]): number[] {
  const sizes = aims.map((a) => Math.max(a.right - a.left, a.bottom - a.top, 1e-9))
  const whole = sizes.filter((_, p) => !views[p].around)
  const usual = Math.max(...(whole.length > 0 ? whole : sizes))
  return sizes.map((size, p) => (views[p].around ? usual / size : 1))
}

function labelOf(tag: Tag, widest: number, size: number): Label {
  const lines = wrap(tag.text, widest)
  const width = Math.max(...lines.map((line) => textWidth(line))) * size
  return { tag, lines, width, height: (1 + (lines.length - 1) * (lineStep - 0.2) + descent) * size }
}

const wishOf = (height: number, [anchorX, anchorY]: Vec3): Wish => ({ height, anchorX, anchorY })

const marginOf = (labels: readonly Label[], size: number) =>
  labels.length === 0 ? 0 : Math.max(...labels.map((label) => label.width)) + leaderRoom * size

const heightOf = (labels: readonly Label[], size: number) =>
  // one pixel more each, for they are set on whole pixels
  stackHeight(
    labels.map((label) => ({ height: label.height + 1, anchorX: 0, anchorY: 0 })),
    labelGap * size,
  )

/** The point halfway along a mark. */
export function middleOf(mark: Mark): Vec3 {
  const points = pointsOf(mark)
  let whole = 0
  for (let i = 1; i < points.length; i++) whole += distance(points[i - 1], points[i])
  let left = whole / 2
  for (let i = 1; i < points.length; i++) {
    const long = distance(points[i - 1], points[i])
    if (long > 0 && left <= long) {
      const t = left / long
      const [a, b] = [points[i - 1], points[i]]
      return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
    }
    left -= long
  }
  return points[0] ?? [0, 0, 0]
}

/** Where in the panel a label's line ends: on the mark, where it is seen, on the label's side. */
export function placeOf(mark: Mark, side: 'left' | 'right', camera: Camera, depth: Depth, slack: number): Vec3 {
  if (mark.kind === 'point' || mark.kind === 'label') return project(camera, mark.at)
  const towards = side === 'left' ? -1 : 1
  if (mark.kind === 'span') {
    const [a, b] = [project(camera, mark.from), project(camera, mark.to)]
    // not its very middle, where spans of length and breadth cross
    const t = (b[0] - a[0]) * towards > 0 ? 0.7 : 0.3
    return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, 0]
  }
  let best: Vec3 | undefined
  let bestRank = -Infinity
  const flat = coordinatesOf(mark)
  for (let i = 0; i < flat.length; i += 3) {
    const p = project(camera, [flat[i], flat[i + 1], flat[i + 2]])
    const rank = p[0] * towards + (visible(depth, p[0], p[1], p[2], slack) ? 1e6 : 0)
    if (rank > bestRank) {
      bestRank = rank
      best = p
    }
  }
  return best ?? [Number.NaN, Number.NaN, 0]
}
