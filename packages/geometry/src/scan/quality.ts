import type { CleanReport } from '../clean/clean.ts'
import type { BodyPart } from '../measure/measurement.ts'
import { faceVectors, type Mesh, triangleCount, vertexNormals } from '../mesh/mesh.ts'
import { neighboursOf, typicalEdge } from '../mesh/topology.ts'

export interface QualityIssue {
  code: string
  message: string
  value: number
}

export interface Quality {
  /** 0 to 1; below `leastQuality` a scan is refused */
  score: number
  /** what it is made of, each 0 to 1 */
  parts: Record<'coverage' | 'holes' | 'noise' | 'density' | 'manifoldness', number>
  issues: QualityIssue[]
  /** what a person can do to get a better scan, the most useful first */
  suggestions: string[]
}

/** The contract refuses what is below. */
export const leastQuality = 0.6

/** Which noise and which distance between points, mm, halve a scan's worth for each part. */
const demands: Record<BodyPart, { noiseMm: number; edgeMm: number }> = {
  ear: { noiseMm: 0.35, edgeMm: 3.5 },
  teeth: { noiseMm: 0.2, edgeMm: 1.5 },
  hand: { noiseMm: 1, edgeMm: 12 },
  foot: { noiseMm: 1, edgeMm: 16 },
  head: { noiseMm: 1.2, edgeMm: 18 },
  full_body: { noiseMm: 4, edgeMm: 60 },
}

/** How much each part weighs: the score is their product, each to this power. */
const weights: Quality['parts'] = { coverage: 1, holes: 0.7, noise: 0.7, density: 0.7, manifoldness: 0.4 }

export interface Judged {
  bodyPart: BodyPart
  /** cleaned, mm */
  mesh: Mesh
  report: CleanReport
  /** region -> share seen, 0 to 1: what matters for the purpose at hand */
  coverage: Readonly<Record<string, number>>
}

/** Judges a scan for a purpose, which says by its coverage what matters. */
export function judge({ bodyPart, mesh, report, coverage }: Judged): Quality {
  const demand = demands[bodyPart]
  const noise = noiseOf(mesh)
  const edge = typicalEdge(mesh)
  const surface = report.pieces.reduce((sum, piece) => sum + piece.area, 0)
  const holeArea = report.holesFilled.reduce((sum, { perimeter }) => sum + perimeter ** 2 / (4 * Math.PI), 0)
  const holeShare = surface > 0 ? holeArea / surface : 0
  const flaws = report.nonManifoldEdges + report.duplicates + report.oneSidedCuts
  const flawShare = flaws / Math.max(1, 1.5 * triangleCount(mesh))
  const [worstRegion, covered] = Object.entries(coverage).reduce(
    (worst, region) => (region[1] < worst[1] ? region : worst),
    ['scan', 1],
  )

  const parts = {
    coverage: covered,
    holes: Math.exp(-8 * holeShare),
    noise: 1 / (1 + (noise / demand.noiseMm) ** 2),
    density: 1 / (1 + (edge / demand.edgeMm) ** 2),
    manifoldness: Math.max(0.2, 1 - 10 * flawShare),
  }
  const score = Object.entries(parts).reduce(
    (product, [name, value]) => product * value ** weights[name as keyof typeof weights],
    1,
  )

  const found: (QualityIssue & { part: number; suggestion: string })[] = [
    {
      code: 'COVERAGE_LOW',
      message: `${percent(covered)} of the region "${worstRegion}" is in the scan`,
      value: round(covered),
      part: parts.coverage,
      suggestion: `Move the camera all the way round, until the ${worstRegion} is seen from every side`,
    },
    {
      code: 'HOLES',
      message: `holes make up ${percent(holeShare)} of the surface (${report.holesFilled.length} were closed)`,
      value: round(holeShare),
      part: parts.holes,
      suggestion: 'Go over gaps once more; remove jewellery, and dry or powder what shines',
    },
    {
      code: 'NOISE',
      message: `the surface is rough by ${noise.toFixed(2)} mm against its neighbourhood`,
      value: round(noise),
      part: parts.noise,
      suggestion: 'Hold the phone steadier, move slower during capture, and improve the lighting',
    },
    {
      code: 'DENSITY_LOW',
      message: `points are ${edge.toFixed(1)} mm apart`,
      value: round(edge),
      part: parts.density,
      suggestion: 'Go nearer, or scan with a finer resolution',
    },
    {
      code: 'NOT_MANIFOLD',
      message: `${flaws} places of the mesh are no surface: doubled, crossing or turned triangles`,
      value: flaws,
      part: parts.manifoldness,
      suggestion: 'Export the scan as one merged surface',
    },
  ]
  const issues = found.filter(({ part }) => part < 0.85).sort((a, b) => a.part - b.part)
  return {
    score: round(Math.max(0, Math.min(1, score))),
    parts,
    issues: issues.map(({ code, message, value }) => ({ code, message, value })),
    suggestions: issues.map(({ suggestion }) => suggestion),
  }
}

const percent = (share: number) => `${Math.round(share * 100)} %`
const round = (value: number) => Math.round(value * 1000) / 1000

/**
 * How rough a surface is, mm: each vertex' height over the mean of its neighbours, less what those have over theirs
 * (which takes the curvature away), along its normal; the median, as the standard deviation of Gaussian noise.
 * Measured on bodies with noise of a known size: right within a tenth from half a per cent of the edges' length up.
 */
export function noiseOf(mesh: Mesh): number {
  const normals = vertexNormals(mesh)
  const { from, items } = neighboursOf(mesh)
  const { positions } = mesh
  const count = positions.length / 3
  if (count === 0) return 0
  const heights = new Float64Array(count)
  for (let v = 0; v < count; v++) {
    const degree = from[v + 1] - from[v]
    if (degree === 0) continue
    let sum = 0
    for (let k = from[v]; k < from[v + 1]; k++) {
      for (let axis = 0; axis < 3; axis++) {
        sum += (positions[3 * v + axis] - positions[3 * items[k] + axis]) * normals[3 * v + axis]
      }
    }
    heights[v] = sum / degree
  }
  const rough = new Float64Array(count)
  for (let v = 0; v < count; v++) {
    const degree = from[v + 1] - from[v]
    let sum = 0
    for (let k = from[v]; k < from[v + 1]; k++) sum += heights[items[k]]
    rough[v] = degree > 0 ? Math.abs(heights[v] - sum / degree) : 0
  }
  // with six neighbours, independent noise of 1 comes out as 1.53 here; the median of |x| is 0.6745 of its deviation
  return rough.sort()[count >> 1] / (0.6745 * 1.53)
}

/** Whether there is any surface to judge at all. */
export const hasSurface = (mesh: Mesh): boolean =>
  triangleCount(mesh) > 0 && faceVectors(mesh).some((value) => value !== 0)
