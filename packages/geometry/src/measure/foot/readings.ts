import type { Vec3 } from '../../mesh/vector.ts'
import type { Reading, Trace } from '../measurement.ts'
import type { Foot } from './frame.ts'
import type { Support } from './support.ts'

/** What was read so far, gathered in the scan's own frame. */
export interface Readings {
  readonly measurements: Record<string, Reading>
  readonly landmarks: Record<string, Vec3>
  readonly curves: Record<string, readonly Vec3[]>
  /**
   * @param traces in the foot's frame
   * @param evidence.trust what the definition leaves open between two careful people, 0 to 1
   * @param evidence.regions whose coverage decides it
   */
  add(
    name: string,
    value: number,
    traces: readonly Trace[],
    evidence: { trust: number; regions?: readonly string[] },
  ): void
  /** why a measurement cannot be had */
  miss(name: string, why: string): void
  landmark(name: string, at: Vec3): void
  curve(name: string, points: readonly Vec3[]): void
  /** the reasons of all that is missing */
  finished(names: readonly string[]): Record<string, string>
}

export function readingsOf(
  foot: Foot,
  coverage: Readonly<Record<string, number>>,
  likeness: number,
  { unsupported, hidden }: Support,
): Readings {
  const { noise, edge } = foot.grain
  // what noise and coarse triangles leave of the trust: half of it at 1.5 mm, or with edges of 25 mm
  const clear = 1 / ((1 + (noise / 1.5) ** 2) * (1 + (edge / 25) ** 2))
  const alike = Math.min(1, likeness / 0.6)
  const measurements: Record<string, Reading> = {}
  const landmarks: Record<string, Vec3> = {}
  const curves: Record<string, readonly Vec3[]> = {}
  const reasons: Record<string, string> = {}
  const { toScan } = foot
  return {
    measurements,
    landmarks,
    curves,
    add(name, value, traces, { trust, regions = [] }) {
      if (name in unsupported) return
      if (!Number.isFinite(value)) {
        reasons[name] = 'it cannot be told from this scan'
        return
      }
      const covered = regions.reduce((least, region) => Math.min(least, coverage[region] ?? 0), 1)
      measurements[name] = {
        value,
        confidence: trust * clear * alike * Math.min(1, 0.3 + 0.75 * covered),
        trace: traces.map((trace) => ({ ...trace, points: trace.points.map(toScan) })),
      }
    },
    miss(name, why) {
      reasons[name] = why
    },
    landmark(name, at) {
      if (!hidden(name)) landmarks[name] = toScan(at)
    },
    curve(name, points) {
      if (!hidden(name)) curves[name] = points.map(toScan)
    },
    finished(names) {
      return Object.fromEntries(
        names
          .filter((name) => !(name in measurements))
          .map((name) => [name, unsupported[name] ?? reasons[name] ?? 'it cannot be told from this scan']),
      )
    },
  }
}
