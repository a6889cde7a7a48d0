import type { BodyScan } from './pose.ts'

const clamp = (value: number) => Math.min(1, Math.max(0, value))
/** 1 within low … high, falling to 0 at the outer figures */
const within = (value: number, none: number, low: number, high: number, over: number) =>
  clamp(Math.min((value - none) / (low - none), (over - value) / (over - high)))

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
