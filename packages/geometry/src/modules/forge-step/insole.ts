import { largestBody } from '../../field/bodies.ts'
import { distanceGrid } from '../../field/distance.ts'
import { ease } from '../../field/ease.ts'
import { interpolated, latticeOver } from '../../field/grid.ts'
import { opened } from '../../field/opened.ts'
import { closedPlan, type Plan, planDistance } from '../../field/plan.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { heightMap } from '../../mesh/height-map.ts'
import { applyTo, inverse, type Mat4, turn } from '../../mesh/matrix.ts'
import { bounds, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { unit } from '../../mesh/vector.ts'
import type { DesignInput, Generated } from '../module.ts'

/**
 * An insole under a foot: flat below, the sole of the foot above, with a heel cup and a flange along the arch.
 *
 * Canonical pose of a left foot: sole on z = 0, toes towards +x, y to the left. The body is what lies under the foot
 * within its outline and below a rim, whose height runs round it: the cup's at the heel, the arch's on the inner
 * side, the higher of both where they meet, nothing from behind the ball on.
 */
export function insole(input: DesignInput, reach: 'full' | 'three-quarter'): Generated {
  const { parameters: p, toCanonical } = input
  input.progress('cutting')
  const whole = transformed({ positions: input.mesh.positions, triangles: input.mesh.triangles }, toCanonical)
  const foot = below(whole, p.cupHeightMm + p.archFlangeMm + 25)
  const { min, max } = bounds(foot)
  const length = max[0] - min[0]
  const outline = planDistance(closedPlan(planOf(foot, 1), 12), 3)
  const front = frontOf(reach, min[0], length, p)
  // the wall stands beyond the room for a cover, or beyond where the foot is pressed in
  const beyond = p.wallMm - p.offsetMm

  const cell = cellMm
  const rim = rimOver(min[0], length, p)
  // under the lowest place of the sole, and under the room for a cover, the base is as thick as it is meant to be
  const ground = Math.min(0, min[2]) + Math.min(0, p.offsetMm) - p.baseMm
  // rounding takes away what is thinner than twice its radius, and of the base more than a cell has to be left between
  const radius = Math.min(p.edgeRadiusMm, (p.baseMm - 1.25 * cell) / 2, 0.47 * front.edgeMm)
  const box = {
    min: [min[0] - beyond - 2, min[1] - beyond - 2, ground - 2] as const,
    max: [
      Math.min(max[0] + beyond, front.x) + 2,
      max[1] + beyond + 2,
      1.1 * Math.max(p.cupHeightMm, p.archFlangeMm) + 3,
    ] as const,
  }
  const lattice = latticeOver(box, cell)
  const skin = distanceGrid(foot, lattice, 12)
  const values = new Float32Array(skin.values.length)
  const { nx, ny, nz, origin } = lattice
  const skived = (x: number) => Math.max(0, 1 - (front.x - x) / front.skiveMm) * (p.baseMm - front.edgeMm)
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const x = origin[0] + i * cell
      const y = origin[1] + j * cell
      const side = Math.max(outline(x, y) - beyond, x - front.x)
      const top = rim(x, y) - skived(x)
      for (let k = 0; k < nz; k++) {
        const n = i + nx * (j + ny * k)
        const z = origin[2] + k * cell
        values[n] = Math.max(-p.offsetMm - skin.values[n], side, ground - z, 0.8 * (z - top))
      }
    }
  }
  input.progress('shaping')
  const solid = interpolated(opened({ ...lattice, values }, radius))
  input.progress('meshing')
  const made = largestBody(surfaceOfSdf(solid, box, cell, 1.6))
  const back = inverse(toCanonical)
  const clear = radius + 1
  return {
    body: transformed(made, back),
    intendedOffsetMm: p.offsetMm,
    contact: touching(
      toCanonical,
      (x, y, z) =>
        rim(x, y) > 2 && z < rim(x, y) - skived(x) - clear && outline(x, y) < -1 && x < front.x - front.skiveMm,
    ),
    bores: [],
    wallMm: Math.min(p.wallMm, p.baseMm, front.edgeMm),
    genus: 0,
    pressMm: p.pressMm,
    outward: unit(turn(back, [0, 0, 1])),
    notes: [],
  }
}

/** Where it ends in front, how thick it is there, and over what length it gets as thin; a full one goes on to the toes. */
function frontOf(reach: 'full' | 'three-quarter', heel: number, length: number, p: Readonly<Record<string, number>>) {
  if (reach === 'full') return { x: Infinity, edgeMm: p.baseMm, skiveMm: 1 }
  return { x: heel + p.lengthShare * length, edgeMm: p.edgeMm, skiveMm: p.skiveMm }
}

const touching =
  (toCanonical: Mat4, inside: (x: number, y: number, z: number) => boolean) => (x: number, y: number, z: number) => {
    const [u, v, w] = applyTo(toCanonical, [x, y, z])
    return inside(u, v, w)
  }

/** A base of 2 mm is some three cells thick: less, and it gets holes where the sole comes near the ground. */
const cellMm = 0.6

/** The part of a foot that an insole can reach. */
const below = (mesh: Mesh, heightMm: number) =>
  submesh(mesh, (t) => [0, 1, 2].some((corner) => mesh.positions[3 * mesh.triangles[3 * t + corner] + 2] < heightMm))

/** Where the foot's lower part is, seen from below. */
function planOf(foot: Mesh, cell: number): Plan {
  const { min, max } = bounds(foot)
  const margin = 20
  // turned over about x, so that what is lowest is seen
  const fromBelow: Mat4 = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1]
  const view = heightMap(
    foot,
    fromBelow,
    { x0: min[0] - margin, y0: -max[1] - margin, x1: max[0] + margin, y1: -min[1] + margin },
    cell,
  )
  const { columns, rows, heights } = view
  const inside = new Uint8Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // lower than a thumb's breadth: the ankle does not widen an insole
      if (heights[row * columns + column] > -22) inside[(rows - 1 - row) * columns + column] = 1
    }
  }
  return { x0: view.x0, y0: -view.y0 - (rows - 1) * cell, cell, columns, rows, inside }
}

/** How high the rim stands over each place: smooth from the heel's cup over the arch to nothing behind the ball. */
export function rimOver(heel: number, length: number, p: Readonly<Record<string, number>>) {
  return (x: number, y: number) => {
    const t = (x - heel) / length
    // a left foot's inner side looks to -y
    const inner = ease(-8, 8, -y)
    const cup = p.cupHeightMm * (1 - ease(0.2, 0.62, t))
    const arch = p.archFlangeMm * ease(0.15, 0.38, t) * (1 - ease(0.45, 0.66, t)) * inner
    return higher(cup, arch)
  }
}

/** The higher of two heights, without a bend where they cross: by 9 % at most above it, and never where one is 0. */
const higher = (a: number, b: number) => (a ** 8 + b ** 8) ** (1 / 8)
