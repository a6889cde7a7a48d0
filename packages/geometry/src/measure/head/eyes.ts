import { applyTo, type Mat4 } from '../../mesh/matrix.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import type { Components } from '../../mesh/topology.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { solveNormal } from '../least-squares.ts'

/** An eyeball: a piece of its own, nearly a ball. Scan's frame, mm. */
interface Eyeball {
  readonly middle: Vec3
  readonly radius: number
  /** root of the mean square distance of its vertices from the ball */
  readonly residual: number
}

/**
 * The eyeballs of a head whose eyes are pieces of their own. Lids, closed eyes and the blank eyes of a mannequin are
 * one piece with the face and are not taken for eyes: their middle would be a guess.
 * @param frame into the head's frame
 */
export function findEyeballs(mesh: Mesh, components: Components, frame: Mat4): [left: Eyeball, right: Eyeball] | null {
  const best: [Eyeball | null, Eyeball | null] = [null, null]
  const vertices = verticesOf(mesh, components, (size) => size > 700 && size < 6000)
  for (const piece of vertices) {
    const ball = ballThrough(mesh, piece)
    if (!ball || ball.radius < 10 || ball.radius > 17 || ball.residual > 0.06 * ball.radius) continue
    const [x, y, z] = applyTo(frame, ball.middle)
    if (x < -60 || x > 0 || Math.abs(y) < 20 || Math.abs(y) > 45 || z < -15 || z > 50) continue
    const side = y > 0 ? 0 : 1
    if (!best[side] || ball.residual / ball.radius < best[side].residual / best[side].radius) best[side] = ball
  }
  return best[0] && best[1] ? [best[0], best[1]] : null
}

/** The vertices of each piece with an area that is wanted, mm². */
function verticesOf(mesh: Mesh, { of, areas }: Components, wanted: (size: number) => boolean): number[][] {
  const lists = new Map<number, Set<number>>()
  for (let t = 0; t < of.length; t++) {
    if (!wanted(areas[of[t]])) continue
    let list = lists.get(of[t])
    if (!list) lists.set(of[t], (list = new Set()))
    for (let k = 0; k < 3; k++) list.add(mesh.triangles[3 * t + k])
  }
  return [...lists.values()].map((list) => [...list])
}

/** The ball that fits points best, in the algebraic sense (Coope 1993): exact for points of a ball. */
function ballThrough({ positions }: Mesh, vertices: number[]): Eyeball | null {
  const a = new Float64Array(16)
  const b = new Float64Array(4)
  const first = 3 * vertices[0]
  const at = (v: number) => [0, 1, 2].map((k) => positions[3 * v + k] - positions[first + k])
  for (const v of vertices) {
    const p = at(v)
    const row = [2 * p[0], 2 * p[1], 2 * p[2], 1]
    const square = p[0] ** 2 + p[1] ** 2 + p[2] ** 2
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j <= i; j++) a[4 * i + j] += row[i] * row[j]
      b[i] += row[i] * square
    }
  }
  const c = solveNormal(a, b)
  if (!c) return null
  const radius = Math.sqrt(c[3] + c[0] ** 2 + c[1] ** 2 + c[2] ** 2)
  let squares = 0
  for (const v of vertices) {
    const p = at(v)
    squares += (Math.hypot(p[0] - c[0], p[1] - c[1], p[2] - c[2]) - radius) ** 2
  }
  return {
    middle: [c[0] + positions[first], c[1] + positions[first + 1], c[2] + positions[first + 2]],
    radius,
    residual: Math.sqrt(squares / vertices.length),
  }
}
