import type { Ring } from '../../field/outline.ts'

export const lensShapes = ['round', 'panto', 'rectangle'] as const
export type LensShape = (typeof lensShapes)[number]

/**
 * The outline of a lens that just fits into its box, round the box's middle: the first coordinate grows towards the
 * temple, the second upwards, mm. Superellipses |u|ⁿ + |v|ⁿ = 1 (Lamé): n = 2 is an ellipse, 4 a rounded rectangle;
 * a panto is nearly flat above and round below, and lower on the nose's side than on the temple's.
 */
export function lensOutline(shape: LensShape, widthMm: number, heightMm: number, points = 240): Ring {
  const raw = Array.from({ length: points }, (_, i) => {
    const angle = (i * 2 * Math.PI) / points
    const [u, v] = [Math.cos(angle), Math.sin(angle)]
    const n = powers[shape](v)
    const r = (Math.abs(u) ** n + Math.abs(v) ** n) ** (-1 / n)
    const lean = shape === 'round' ? 0 : 0.06 * r * v
    return [r * u + lean, r * v] as const
  })
  const extent = (k: 0 | 1) => {
    const all = raw.map((point) => point[k])
    const [low, high] = [Math.min(...all), Math.max(...all)]
    return { middle: (low + high) / 2, half: (high - low) / 2 }
  }
  const [across, up] = [extent(0), extent(1)]
  return raw.map(([u, v]) => [
    ((u - across.middle) / across.half) * (widthMm / 2),
    ((v - up.middle) / up.half) * (heightMm / 2),
  ])
}

/** The power of the superellipse by how far up a point lies, from -1 to 1. */
const powers: Record<LensShape, (v: number) => number> = {
  round: () => 2,
  panto: (v) => 2.35 + 0.35 * v,
  rectangle: () => 3.6,
}
