import { bounds, type Mesh } from '../../mesh/mesh.ts'
import { clamp, within } from '../fit/ramp.ts'
import { fingerNames, type Fingers, type HandLimbs } from './fingers.ts'
import type { Wrist } from './palm.ts'

/**
 * How much a scan looks like a hand: five fingers with a hand's lengths and widths (of children up to large men), a
 * palm about as broad as the middle finger is long, and nothing much beside hand and forearm. Where fingers do not
 * stand apart it is a hand with doubt, by their number.
 */
export function likenessOf(found: {
  mesh: Mesh
  fingers: Fingers | null
  limbs: HandLimbs | null
  wrist: Wrist | null
  breadth: number | null
}): number {
  const { mesh, fingers, limbs, breadth } = found
  const { min, max } = bounds(mesh)
  const extent = Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2])
  const size = within(extent, 80, 120, 480, 700)
  if (!fingers) {
    const apart = limbs?.fingers.filter(({ length, diameter }) => length > 30 && diameter > 9 && length > 2 * diameter)
    return 0.11 * (apart?.length ?? 0) * size
  }
  const lengths = fingerNames.map((name) => fingers.of[name].tipAt - fingers.of[name].rootAt)
  const widths = fingerNames.map((name) => fingers.of[name].width)
  const [thumb, index, middle, ring, little] = lengths
  const shape = [
    within(thumb / middle, 0.3, 0.45, 1, 1.3),
    within(little / middle, 0.4, 0.55, 0.95, 1.1),
    within(Math.min(index, ring) / middle, 0.6, 0.75, 1.02, 1.2),
    within(Math.max(...widths) / middle, 0.1, 0.15, 0.42, 0.6),
    breadth === null ? 0.7 : within(breadth / middle, 0.6, 0.8, 1.4, 1.8),
  ]
  const large = Math.min(
    within(middle, 30, 50, 105, 130),
    within(thumb, 15, 28, 85, 110),
    breadth === null ? 1 : within(breadth, 40, 52, 112, 135),
  )
  // what has a hand's five fingers is one in whatever size: then its unit is in doubt
  return clamp(Math.min(...shape) * (0.35 + 0.65 * large * size))
}
