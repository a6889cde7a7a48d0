import { inBall, roundUnion, subtract } from '../field/combine.ts'
import { box, capsule, moved, type Sdf, taperedCapsule } from '../field/shapes.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { translation } from '../mesh/matrix.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'

/** What is true of a hand that holds a rod. */
export interface GraspTruth {
  /** the rod's axis runs along z from index to little finger; its radius at a place, mm */
  radius(z: number): number
  /** where the fingers begin and end along it */
  fingers: readonly [number, number]
}

/**
 * A left hand closed round a rod that has been taken away: a palm, four fingers that go round it, a thumb across, and
 * a piece of arm. Skin that lay against the rod has its shape exactly.
 * @param options.turns how far the fingers reach round the rod, degrees: 300 closes the hand, 180 leaves it half open
 * @param options.thin the rod's radius at the little finger, mm; `thick` at the index finger
 */
export function graspingHand({ turns = 300, thick = 17, thin = 15, cell = 1.6 } = {}): {
  mesh: Mesh
  truth: GraspTruth
} {
  const half = 40
  const rod = taperedCapsule(
    [0, 0, -half - 20],
    rodEnd(thick, thin, half + 20),
    [0, 0, half + 20],
    thick + (20 * (thick - thin)) / 80,
  )
  const finger = 9
  const places = [30, 10, -10, -29]
  const widths = [9.4, 9.6, 9.2, 8.2]
  const palm = roundUnion(
    moved(box([0, 0, 0], [9, 30, 40], 8), translation([-thick - 4, -24, 0])),
    capsule([-thick - 6, -45, 0], [-thick - 20, -110, 0], 24),
    12,
  )
  const fingers = places.map((z, i) => arc(z, thick + 0.72 * finger, widths[i], turns))
  const thumb = tube(
    [
      [-thick - 8, -38, 24],
      [-8, -thick - 9, 38],
      [14, -thick - 4, 42],
    ],
    [11, 10, 8.5],
  )
  // skin of neighbours that touch cannot be scanned between them: it comes as one surface
  const whole = [...fingers, inBall(thumb, [0, -25, 35], 45, 6)].reduce((body, part) => roundUnion(body, part, 2), palm)
  const hand: Sdf = subtract(whole, rod)
  const within = { min: [-75, -140, -60] as const, max: [40, 45, 60] as const }
  return {
    mesh: surfaceOfSdf(hand, within, cell, 1.5),
    truth: {
      radius: (z) => thin + ((z + half) * (thick - thin)) / (2 * half),
      fingers: [places[3] - widths[3], places[0] + widths[0]],
    },
  }
}

const rodEnd = (thick: number, thin: number, reach: number) => thin - ((reach - 40) * (thick - thin)) / 80

/** A finger that leaves the palm and goes round the rod at a height, so many degrees of it. */
function arc(z: number, radius: number, width: number, degrees: number): Sdf {
  const path: Vec3[] = []
  for (let angle = 0; angle <= degrees; angle += 10) {
    // from the palm's far edge over the front and back towards the palm
    const a = ((170 - angle) * Math.PI) / 180
    path.push([radius * Math.cos(a), radius * Math.sin(a), z])
  }
  return inBall(tube(path, width), [0, 0, z], radius + width, 13)
}
