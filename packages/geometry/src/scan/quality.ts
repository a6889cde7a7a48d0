import type { CleanReport } from '../clean/clean.ts'
import type { BodyPart } from '../measure/measurement.ts'
import { area, faceVectors, type Mesh, triangleCount } from '../mesh/mesh.ts'
import { noiseOf } from '../mesh/noise.ts'
import { typicalEdge } from '../mesh/topology.ts'
import { gapsOf } from './gaps.ts'
import { named } from './recognise.ts'
import type { UnitGuess } from './units.ts'

export interface QualityIssue {
  code: string
  message: string
  value: number
}

/** An issue that is no flaw of the surface, and takes nothing from the score. */
export interface Noticed extends QualityIssue {
  suggestion: string
}

export interface Quality {
  /** 0 to 1; below `leastQuality` a scan is refused */
  score: number
  /** what it is made of, each 0 to 1 */
  parts: Record<'coverage' | 'size' | 'holes' | 'noise' | 'density' | 'manifoldness', number>
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
const weights: Quality['parts'] = { coverage: 1, size: 1, holes: 0.7, noise: 0.7, density: 0.7, manifoldness: 0.4 }

/** What fits a part's size less is of a wrong unit, or of no such part: 3.5 standard deviations. */
const leastFit = 0.002

export interface Judged {
  bodyPart: BodyPart
  /** cleaned, mm */
  mesh: Mesh
  report: CleanReport
  /** how well the scan's size fits the part, and how many times as large as usual it is */
  size?: Pick<UnitGuess, 'fit' | 'times' | 'unit'>
  noticed?: readonly Noticed[]
}

/** Region -> the share of it that is seen, 0 to 1: what matters for the purpose at hand. */
export type Coverage = Readonly<Record<string, number>>

/**
 * What judges a scan for a purpose, which says by its coverage what matters; all that does not hang on the purpose is
 * looked at once.
 */
export function judgeOf({ bodyPart, mesh, report, size, noticed = [] }: Judged): (coverage: Coverage) => Quality {
  const demand = demands[bodyPart]
  const noise = noiseOf(mesh)
  const edge = typicalEdge(mesh)
  const surface = report.pieces.reduce((sum, piece) => sum + piece.area, 0)
  const holeArea = report.holesFilled.reduce((sum, { perimeter }) => sum + perimeter ** 2 / (4 * Math.PI), 0)
  // one border is no hole: what has no other needs no looking at
  const gaps = report.openings.length > 1 ? gapsOf(mesh) : []
  const gapShare = gaps.reduce((sum, gap) => sum + gap, 0) / (area(mesh) || 1)
  const holeShare = (surface > 0 ? holeArea / surface : 0) + gapShare
  const flaws = report.nonManifoldEdges + report.duplicates + report.oneSidedCuts
  const flawShare = flaws / Math.max(1, 1.5 * triangleCount(mesh))
  const surfaceParts = {
    size: size ? Math.min(1, size.fit / leastFit) : 1,
    holes: Math.exp(-8 * holeShare),
    noise: 1 / (1 + (noise / demand.noiseMm) ** 2),
    density: 1 / (1 + (edge / demand.edgeMm) ** 2),
    manifoldness: Math.max(0.2, 1 - 10 * flawShare),
  }
  return (coverage) => {
    const [worstRegion, covered] = Object.entries(coverage).reduce(
      (worst, region) => (region[1] < worst[1] ? region : worst),
      ['scan', 1],
    )
    const parts = { coverage: covered, ...surfaceParts }
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
        code: 'SIZE_IMPLAUSIBLE',
        message: sizeInWords(bodyPart, size),
        value: Number((size?.times ?? 1).toPrecision(3)),
        part: parts.size,
        suggestion: 'Say the unit of the file, and which part of the body was scanned',
      },
      {
        code: 'HOLES',
        message: `holes make up ${percent(holeShare)} of the surface (${report.holesFilled.length} were closed, ${gaps.length} left open)`,
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
    const flawed = found.filter(({ part }) => part < 0.85).sort((a, b) => a.part - b.part)
    const issues = [...noticed, ...flawed]
    return {
      score: round(Math.max(0, Math.min(1, score))),
      parts,
      issues: issues.map(({ code, message, value }) => ({ code, message, value })),
      suggestions: issues.map(({ suggestion }) => suggestion),
    }
  }
}

function sizeInWords(part: BodyPart, { unit, times }: { unit: string; times: number } = { unit: 'mm', times: 1 }) {
  const off = Number(Math.max(times, 1 / times).toPrecision(2))
  return `in ${unit} this ${named(part)} is ${off} times ${times < 1 ? 'smaller' : 'larger'} than usual`
}

const percent = (share: number) => `${Math.round(share * 100)} %`
const round = (value: number) => Math.round(value * 1000) / 1000

/** Whether there is any surface to judge at all. */
export const hasSurface = (mesh: Mesh): boolean =>
  triangleCount(mesh) > 0 && faceVectors(mesh).some((value) => value !== 0)
