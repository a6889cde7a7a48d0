import { distance, type Vec3 } from '../mesh/vector.ts'
import { type Camera, project, projectAll } from './camera.ts'
import { type Color } from './light.ts'
import { type Depth } from './render.ts'

interface Marked {
  /** What it is, and how large: "pinna height 63.2 mm". Written beside the panel, with a line that leads there. */
  readonly text?: string
  /** Without one, the next of `markColors`. */
  readonly color?: Color
  /** The panels (from 0) that show it; without them, all, and the text stands in the one that shows it best. */
  readonly panels?: readonly number[]
}

/** Something measured, in the scan's own coordinates. */
export type Mark =
  /** A line along the surface, or through space: an outline, a girth, a centre line. */
  | ({ readonly kind: 'polyline'; readonly points: readonly Vec3[]; readonly closed?: boolean } & Marked)
  /** A landmark. */
  | ({ readonly kind: 'point'; readonly at: Vec3 } & Marked)
  /** A straight distance, with a tick at each end. Always in front, for it often runs inside the body. */
  | ({ readonly kind: 'span'; readonly from: Vec3; readonly to: Vec3 } & Marked)
  /** Text alone, with a line that leads to the place. */
  | ({ readonly kind: 'label'; readonly at: Vec3; readonly text: string } & Marked)

/** Dark enough for a light body, and told apart with any kind of colour vision (after Okabe & Ito, 2008). */
export const markColors: readonly Color[] = [
  [0, 84, 166],
  [200, 68, 0],
  [0, 118, 92],
  [150, 40, 120],
  [124, 88, 0],
  [38, 40, 48],
]

/** The points that a mark goes through. */
export const pointsOf = (mark: Mark): readonly Vec3[] => {
  if (mark.kind === 'polyline') return mark.closed ? [...mark.points, ...mark.points.slice(0, 1)] : mark.points
  return mark.kind === 'span' ? [mark.from, mark.to] : [mark.at]
}

/** The same as numbers in a row, x y z. */
export const coordinatesOf = (mark: Mark) => Float64Array.from(pointsOf(mark).flat())

/**
 * How far something at this place of the picture is in sight: the share of the nine pixels round about whose surface
 * is no nearer to the eye than it is, give or take `slack` (mm). Outside the picture nothing is.
 */
export function sight({ width, height, nearness }: Depth, x: number, y: number, near: number, slack: number): number {
  const column = Math.floor(x)
  const row = Math.floor(y)
  if (!(near > -Infinity) || column < 0 || row < 0 || column >= width || row >= height) return 0
  let open = 0
  let all = 0
  for (let j = Math.max(0, row - 1); j <= Math.min(height - 1, row + 1); j++) {
    for (let i = Math.max(0, column - 1); i <= Math.min(width - 1, column + 1); i++) {
      all++
      if (nearness[j * width + i] <= near + slack) open++
    }
  }
  return open / all
}

/** Whether it is seen at all: a line on a steep surface is as near as one of its neighbours' pixels. */
export const visible = (depth: Depth, x: number, y: number, near: number, slack: number) =>
  sight(depth, x, y, near, slack) > 0

/**
 * How well a panel shows a mark: 0 not at all, 1 a point that is seen or a line that is seen whole and in its true
 * length.
 */
export function shownBy(mark: Mark, camera: Camera, depth: Depth, slack: number): number {
  const points = pointsOf(mark)
  const seen = (p: Vec3) => {
    const [x, y, near] = project(camera, p)
    return sight(depth, x, y, near, slack)
  }
  if (points.length < 2) return points.length === 1 ? seen(points[0]) : 0
  const flat = projectAll(camera, coordinatesOf(mark))
  let whole = 0
  let shown = 0
  for (let i = 1; i < points.length; i++) {
    const k = 3 * i
    whole += distance(points[i - 1], points[i])
    const long = Math.hypot(flat[k] - flat[k - 3], flat[k + 1] - flat[k - 2]) / camera.scale
    // a span is drawn in front, so it counts where its ends are hidden too, only for less
    const open = (seen(points[i - 1]) + seen(points[i])) / 2
    shown += long * (mark.kind === 'span' ? 0.6 + 0.4 * open : open)
  }
  return whole > 0 ? shown / whole : 0
}
