import { inverse, turn } from '../mesh/matrix.ts'
import { cross, dot, unit, type Vec3 } from '../mesh/vector.ts'
import { type Color, drawScan, type Look, type Mark, type View } from '../picture/picture.ts'
import type { BodyPart } from '../measure/measurement.ts'
import type { MeasuredScan } from './scan.ts'

/** From where each part is looked at, in its canonical pose: direction to the eye, and what is up. */
const sides: Record<BodyPart, readonly { from: Vec3; up: Vec3; title: string }[]> = {
  ear: [
    { from: [0, 0, 1], up: [0, 1, 0], title: 'from the side' },
    { from: [-0.6, 0.1, 0.8], up: [0, 1, 0], title: 'from the front' },
  ],
  foot: [
    { from: [0, -1, 0.25], up: [0, 0, 1], title: 'inner side' },
    { from: [0, 0, 1], up: [0, 1, 0], title: 'from above' },
    { from: [0, 0, -1], up: [0, -1, 0], title: 'sole' },
  ],
  teeth: [
    { from: [0, 0, 1], up: [1, 0, 0], title: 'biting side' },
    { from: [1, 0, 0.4], up: [0, 0, 1], title: 'from the front' },
  ],
  // of a left hand; a right one's z points out of its back
  hand: [
    { from: [0, 0, 1], up: [1, 0, 0], title: 'palm' },
    { from: [0, 0, -1], up: [1, 0, 0], title: 'back' },
  ],
  head: [
    { from: [1, 0, 0], up: [0, 0, 1], title: 'from the front' },
    { from: [0, 1, 0], up: [0, 0, 1], title: 'from the left' },
    { from: [0, 0, 1], up: [1, 0, 0], title: 'from above' },
  ],
  full_body: [
    { from: [1, 0, 0], up: [0, 0, 1], title: 'from the front' },
    { from: [0, 1, 0], up: [0, 0, 1], title: 'from the left' },
  ],
}

/** Views of a part in the scan's own frame. */
export function viewsOf({ bodyPart, side, toCanonical }: MeasuredScan): View[] {
  const back = inverse(toCanonical)
  const turned = bodyPart === 'hand' && side === 'right'
  return sides[bodyPart].map(({ from, up, title }) => ({
    from: turn(back, turned ? [-from[0], -from[1], -from[2]] : from),
    up: turn(back, up),
    title,
  }))
}

/** A scan with its measurements drawn on it; a PNG file's bytes. */
export function scanPicture(scan: MeasuredScan, { width = 1400, height = 1000 } = {}): Uint8Array {
  return drawScan({
    meshes: [{ mesh: scan.mesh }],
    marks: marksOf(scan),
    views: viewsOf(scan),
    title: titleOf(scan),
    caption: [
      `quality ${scan.quality.score.toFixed(2)} · ${scan.vertices} points, ${scan.faces} triangles, in ${scan.unit}`,
    ],
    width,
    height,
  })
}

/** The preview that goes with a scan: one view, nothing written on it. */
export function scanPreview(scan: MeasuredScan, { width = 640, height = 640 } = {}): Uint8Array {
  return drawScan({
    meshes: [{ mesh: scan.mesh }],
    views: viewsOf(scan)
      .slice(0, 1)
      .map(({ from, up }) => ({ from, up })),
    width,
    height,
  })
}

/** A product on the scan it was made for, from the two most telling sides and the one that neither shows. */
export function productPicture(scan: MeasuredScan, product: Look['mesh'], color: Color, caption: string[]): Uint8Array {
  const views = viewsOf(scan).slice(0, 2)
  const [first, second] = views
  const up = first.up ?? [0, 0, 1]
  const across = unit(cross(up, first.from))
  const seen = Math.abs(dot(across, unit(second.from))) > 0.8
  const third: View = seen
    ? { from: up, up: [-first.from[0], -first.from[1], -first.from[2]], title: 'from above' }
    : { from: across, up, title: 'across' }
  return drawScan({
    meshes: [
      { mesh: scan.mesh, opacity: 0.45 },
      { mesh: product, color, shading: 'edges' },
    ],
    views: [...views, third],
    title: titleOf(scan),
    caption,
    width: 960,
    height: 640,
  })
}

const titleOf = ({ bodyPart, side }: MeasuredScan) => [side, bodyPart.replace('_', ' ')].filter(Boolean).join(' ')

/** Each measurement as what it was read from, with its value. */
function marksOf({ measurements }: MeasuredScan): Mark[] {
  // two names for one thing are drawn once
  const drawn = new Set<string>()
  return Object.entries(measurements).flatMap(([name, { value, unit, trace }]) => {
    const where = JSON.stringify(trace)
    if (drawn.has(where)) return []
    drawn.add(where)
    const text = `${name.replaceAll('_', ' ')} ${figure(value, unit)}`
    return trace.map((one, i): Mark => {
      const said = i === 0 ? { text } : {}
      if (one.kind === 'span' && one.points.length === 2)
        return { kind: 'span', from: one.points[0], to: one.points[1], ...said }
      if (one.kind === 'points') return { kind: 'point', at: one.points[0], ...said }
      return { kind: 'polyline', points: one.points, closed: one.closed, ...said }
    })
  })
}

const figure = (value: number, unit: string) => {
  if (unit === 'ratio') return value.toFixed(2)
  if (unit === 'deg') return `${value.toFixed(1)}°`
  return `${value.toFixed(1)} ${unit === 'mm2' ? 'mm²' : unit}`
}
