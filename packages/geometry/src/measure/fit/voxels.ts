import { bounds, type Mesh } from '../../mesh/mesh.ts'
import type { Vec3 } from '../../mesh/vector.ts'

/** A body as little cubes, for finding its way about in it: never measured. */
export interface Voxels {
  /** mm, side of a cube */
  readonly cell: number
  /** the corner of cube 0 0 0 */
  readonly origin: Vec3
  readonly size: readonly [number, number, number]
  /** 1 where the body is; cube (x, y, z) is number (z · size[1] + y) · size[0] + x; the outermost are empty */
  readonly solid: Uint8Array
}

/**
 * A body as cubes, in three ways, the one that keeps limbs apart best first:
 * - what the surface shuts in, without the cubes that it passes through: limbs that all but touch stay apart, but
 *   pieces that overlap are shut off from each other;
 * - that and the surface's cubes that nothing empty touches: overlapping pieces hang together;
 * - all cubes that the surface passes through or shuts in: what is left of a surface with large openings is its skin.
 * @param finest mm, side of a cube; larger where there would be more than 350,000 cubes
 */
export function voxelsOf(mesh: Mesh, finest: number): Voxels[] {
  const { min, max } = bounds(mesh)
  let cell = finest
  while ([0, 1, 2].reduce((product, k) => product * ((max[k] - min[k]) / cell + 5), 1) > 3.5e5) cell *= 1.1
  const size = [0, 1, 2].map((k) => Math.floor((max[k] - min[k]) / cell) + 5) as [number, number, number]
  const origin: Vec3 = [min[0] - 2 * cell, min[1] - 2 * cell, min[2] - 2 * cell]
  const grid = { cell, origin, size }
  const skin = new Uint8Array(size[0] * size[1] * size[2])
  markSurface(mesh, { ...grid, solid: skin })
  const outside = outsideOf({ ...grid, solid: skin })
  const all = outside.map((out) => 1 - out)
  const inner = all.slice()
  const steps = neighbourSteps({ ...grid, solid: all }).map(({ step }) => step)
  for (let i = 0; i < all.length; i++) {
    if (skin[i] && steps.some((step) => outside[i + step])) inner[i] = 0
  }
  const inside = all.map((one, i) => (skin[i] ? 0 : one))
  return [inside, inner, all].map((solid) => ({ ...grid, solid }))
}

function markSurface({ positions, triangles }: Mesh, { cell, origin, size, solid }: Voxels) {
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ux = positions[b] - positions[a]
    const uy = positions[b + 1] - positions[a + 1]
    const uz = positions[b + 2] - positions[a + 2]
    const vx = positions[c] - positions[a]
    const vy = positions[c + 1] - positions[a + 1]
    const vz = positions[c + 2] - positions[a + 2]
    const longest = Math.max(Math.hypot(ux, uy, uz), Math.hypot(vx, vy, vz), Math.hypot(vx - ux, vy - uy, vz - uz))
    const steps = Math.max(1, Math.ceil(longest / (0.6 * cell)))
    for (let i = 0; i <= steps; i++) {
      for (let j = 0; j <= steps - i; j++) {
        const x = Math.floor((positions[a] + (ux * i + vx * j) / steps - origin[0]) / cell)
        const y = Math.floor((positions[a + 1] + (uy * i + vy * j) / steps - origin[1]) / cell)
        const z = Math.floor((positions[a + 2] + (uz * i + vz * j) / steps - origin[2]) / cell)
        solid[(z * size[1] + y) * size[0] + x] = 1
      }
    }
  }
}

/** What can be reached from a corner of the grid, side by side, without crossing the surface. */
function outsideOf({ size, solid }: Voxels): Uint8Array {
  const outside = new Uint8Array(solid.length)
  const stack = new Uint32Array(solid.length)
  const [sx, sy, sz] = size
  let top = 0
  const visit = (i: number) => {
    if (outside[i] || solid[i]) return
    outside[i] = 1
    stack[top++] = i
  }
  visit(0)
  while (top > 0) {
    const i = stack[--top]
    const x = i % sx
    const y = Math.floor(i / sx) % sy
    const z = Math.floor(i / (sx * sy))
    if (x > 0) visit(i - 1)
    if (x < sx - 1) visit(i + 1)
    if (y > 0) visit(i - sx)
    if (y < sy - 1) visit(i + sx)
    if (z > 0) visit(i - sx * sy)
    if (z < sz - 1) visit(i + sx * sy)
  }
  return outside
}

/** The middle of a cube. */
export function middleOf({ cell, origin, size }: Voxels, i: number): Vec3 {
  const x = i % size[0]
  const y = Math.floor(i / size[0]) % size[1]
  const z = Math.floor(i / (size[0] * size[1]))
  return [origin[0] + (x + 0.5) * cell, origin[1] + (y + 0.5) * cell, origin[2] + (z + 0.5) * cell]
}

/** How the 26 neighbours of a cube are numbered from it, and how far they are, in cubes. */
export function neighbourSteps({ size }: Voxels): { step: number; length: number }[] {
  const out: { step: number; length: number }[] = []
  for (let z = -1; z <= 1; z++) {
    for (let y = -1; y <= 1; y++) {
      for (let x = -1; x <= 1; x++) {
        if (x === 0 && y === 0 && z === 0) continue
        out.push({ step: (z * size[1] + y) * size[0] + x, length: Math.hypot(x, y, z) })
      }
    }
  }
  return out
}

/** The cube of the body nearest to the middle of all of them; -1 for an empty body. */
export function middleCube(voxels: Voxels): number {
  const { solid, size } = voxels
  let count = 0
  const sum = [0, 0, 0]
  for (let i = 0; i < solid.length; i++) {
    if (!solid[i]) continue
    count++
    sum[0] += i % size[0]
    sum[1] += Math.floor(i / size[0]) % size[1]
    sum[2] += Math.floor(i / (size[0] * size[1]))
  }
  let best = -1
  let least = Infinity
  for (let i = 0; i < solid.length; i++) {
    if (!solid[i]) continue
    const away = Math.hypot(
      (i % size[0]) - sum[0] / count,
      (Math.floor(i / size[0]) % size[1]) - sum[1] / count,
      Math.floor(i / (size[0] * size[1])) - sum[2] / count,
    )
    if (away < least) {
      least = away
      best = i
    }
  }
  return best
}
