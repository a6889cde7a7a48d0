import { intersect, roundUnion, union } from '../field/combine.ts'
import { box, capsule, type Sdf } from '../field/shapes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { step, unit, type Vec3 } from '../mesh/vector.ts'

/** A capsule for a finger: where it leaves the palm, which way it points, and its figures, mm. */
interface Rod {
  readonly name: string
  readonly at: Vec3
  readonly along: Vec3
  /** from the palm's edge to the tip */
  readonly length: number
  readonly radius: number
}

const palm = { breadth: 84, length: 98, thickness: 28 }
const rods: Rod[] = [
  { name: 'index', at: [31, 0, 0], along: [0, 1, 0], length: 72, radius: 8.5 },
  { name: 'middle', at: [10, 0, 0], along: [0, 1, 0], length: 81, radius: 8.8 },
  { name: 'ring', at: [-11, 0, 0], along: [0, 1, 0], length: 75, radius: 8.2 },
  { name: 'little', at: [-32, 0, 0], along: [0, 1, 0], length: 57, radius: 7.4 },
]
const thumbRod = capsule([26, -62, 4], step([26, -62, 4], unit([0.72, 0.6, 0.36]), 84), 10.5)
const wrist = { radius: 27, length: 60 }

/**
 * A hand as a carpenter would make one: a palm that is a box, capsules for fingers, a thumb that points aside and out
 * of the palm, and a round wrist. x towards the thumb, y towards the tips, z out of the palm: a right hand.
 * @param bent turns the outer half of each finger but the thumb by a right angle towards the palm
 * @param arm false: the scan ends at the end of the palm
 */
export function handPhantom({ cell = 1.3, bent = false, arm = true } = {}): {
  mesh: Mesh
  truth: Record<string, number>
} {
  const hollow: Sdf = (x, y, z) => 118 - Math.hypot(x / 1.1, y + 50, z - 126) // the palm's, 6 mm deep
  const block = intersect(
    box([0, -palm.length / 2, 0], [palm.breadth / 2, palm.length / 2, palm.thickness / 2], 5),
    hollow,
  )
  const fingers = rods.flatMap(({ at, along, length, radius }) => {
    const [half, end] = [step(at, along, length / 2), step(at, along, length - radius)]
    if (!bent) return [capsule(step(at, along, -12), end, radius)]
    return [
      capsule(step(at, along, -12), half, radius),
      capsule(half, step(half, [0, 0, 1], length / 2 - radius), radius),
    ]
  })
  const cuff: Sdf = (x, y, z) =>
    Math.max(Math.hypot(x, z * 1.2) - wrist.radius, y + palm.length - 10, -palm.length - wrist.length - y)
  const body = union(roundUnion(block, thumbRod, 3), ...fingers)
  const mesh = surfaceOfSdf(
    arm ? union(body, cuff) : body,
    { min: [-50, -palm.length - wrist.length - 4, -40], max: [110, 90, 70] },
    cell,
  )
  return {
    mesh,
    truth: {
      hand_length: palm.length + rods[1].length,
      palm_length: palm.length,
      hand_breadth: palm.breadth,
      thumb_width: 21,
      ...Object.fromEntries(rods.map(({ name, length }) => [`${name}_length`, length])),
      ...Object.fromEntries(rods.map(({ name, radius }) => [`${name}_width`, 2 * radius])),
    },
  }
}

/** The same hand as a heap of closed pieces that overlap: a palm and five fingers. */
export function handInPieces(cell = 1.3): { mesh: Mesh; truth: Record<string, number> } {
  const whole = handPhantom({ cell, arm: false })
  const pieces = [
    surfaceOfSdf(
      box([0, -palm.length / 2, 0], [palm.breadth / 2, palm.length / 2, palm.thickness / 2], 3),
      { min: [-50, -110, -30], max: [50, 10, 30] },
      cell,
    ),
    ...rods.map(({ at, along, length, radius }) => {
      const [from, to] = [step(at, along, -14), step(at, along, length - radius)]
      const low: Vec3 = [at[0] - 15, at[1] - 30, at[2] - 15]
      return surfaceOfSdf(capsule(from, to, radius), { min: low, max: [at[0] + 15, at[1] + 90, at[2] + 15] }, cell)
    }),
    surfaceOfSdf(thumbRod, { min: [0, -90, -20], max: [110, 20, 60] }, cell),
  ]
  const positions = new Float64Array(pieces.reduce((sum, piece) => sum + piece.positions.length, 0))
  const triangles = new Uint32Array(pieces.reduce((sum, piece) => sum + piece.triangles.length, 0))
  let vertices = 0
  let corners = 0
  for (const piece of pieces) {
    positions.set(piece.positions, 3 * vertices)
    for (let i = 0; i < piece.triangles.length; i++) triangles[corners + i] = piece.triangles[i] + vertices
    vertices += piece.positions.length / 3
    corners += piece.triangles.length
  }
  return { mesh: { positions, triangles }, truth: whole.truth }
}
