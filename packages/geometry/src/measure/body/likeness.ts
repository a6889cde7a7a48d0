import { clamp, within } from '../fit/ramp.ts'
import type { BodyScan } from './pose.ts'

/**
 * How much a scan looks like a standing body: it has a head, two arms and two legs (else there is no scan to judge),
 * a child's to a giant's stature, legs a little under half of it, and both sides alike.
 */
export function likenessOf(scan: BodyScan, crotch: number | null, coverage: Record<string, number>): number {
  const size = within(scan.stature, 600, 850, 2150, 2500)
  const legs = crotch === null ? 0.6 : within(crotch / scan.stature, 0.33, 0.4, 0.53, 0.6)
  const alike = 0.5 + 0.5 * clamp((scan.midplane.agreement - 0.1) / 0.4)
  const whole = 0.6 + 0.2 * coverage.arms + 0.2 * coverage.torso
  return clamp(size * legs * alike * whole)
}
