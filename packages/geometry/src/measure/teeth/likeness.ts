import { bounds } from '../../mesh/mesh.ts'
import { clamp, within } from '../fit/ramp.ts'
import type { Reading } from '../measurement.ts'
import type { Arch } from './teeth.ts'

/**
 * How much a scan looks like a dental arch: mirror-symmetric, of an arch's size, and with a row of 10 to 16 teeth that
 * stand apart by their thickness. Without single teeth it is an arch with doubt.
 */
export function likenessOf({ scan }: Arch, count: number, measurements: Record<string, Reading>): number {
  const { min, max } = bounds(scan.bvh.mesh)
  const size = Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2])
  const { arch_width: wide, arch_depth: deep, arch_perimeter: round } = measurements
  const sizes = [
    within(size, 45, 60, 110, 135),
    within(wide?.value ?? 0, 30, 42, 76, 95),
    within(deep?.value ?? 0, 15, 25, 66, 80),
    within(round?.value ?? 0, 55, 75, 165, 200),
  ]
  const alike = clamp((scan.midplane.agreement - 0.35) / 0.35)
  const teeth = count === 0 ? 0.35 : within(count, 5, 10, 16, 18)
  return clamp(Math.min(...sizes) * alike * teeth)
}
