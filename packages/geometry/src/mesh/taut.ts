import type { Mesh } from './mesh.ts'
import type { Rows } from './rows.ts'
import { angleDeg, between, distance, subtract, type Vec3 } from './vector.ts'

/** A place of a way: on the edge from vertex a to vertex b, 0 at a and 1 at b; at a vertex, both are it. */
export interface Crossing {
  readonly a: number
  readonly b: number
  readonly share: number
}

/** Where a way starts or ends: inside a triangle. */
export interface WayEnd {
  readonly place: Vec3
  readonly triangle: number
}

const pointAt = ({ positions }: Mesh, v: number): Vec3 => [positions[3 * v], positions[3 * v + 1], positions[3 * v + 2]]
const placeAt = (mesh: Mesh, { a, b, share }: Crossing): Vec3 => between(pointAt(mesh, a), pointAt(mesh, b), share)

/** A way gets shorter with each of these; it ends sooner than this. */
const mostDetours = 60

/**
 * A way pulled tight: between the vertices that it passes it is as short as the triangles that it crosses allow, and
 * where it is caught at a vertex with less than half a turn on one side, it is led round on that side (the aim of
 * Sharp & Crane 2020, You can find geodesic paths in triangle meshes by just flipping edges).
 * @param crossings two that follow each other lie at one triangle
 * @returns its places, both ends among them
 */
export function pulledTight(mesh: Mesh, corners: Rows, start: WayEnd, crossings: Crossing[], end: WayEnd): Vec3[] {
  let way = straightened(mesh, start, crossings, end)
  let length = lengthOf(mesh, start, way, end)
  for (let detour = 0; detour < mostDetours; detour++) {
    const led = way.flatMap((crossing, i) =>
      crossing.a === crossing.b ? (ledRound(mesh, corners, start, way, end, i) ?? [crossing]) : [crossing],
    )
    const next = straightened(mesh, start, led, end)
    const nextLength = lengthOf(mesh, start, next, end)
    if (!(nextLength < length * (1 - 1e-9))) break
    way = next
    length = nextLength
  }
  return placesOf(mesh, start, way, end)
}

const placesOf = (mesh: Mesh, start: WayEnd, way: Crossing[], end: WayEnd): Vec3[] => [
  start.place,
  ...way.map((crossing) => placeAt(mesh, crossing)),
  end.place,
]

const lengthOf = (mesh: Mesh, start: WayEnd, way: Crossing[], end: WayEnd) =>
  placesOf(mesh, start, way, end).reduce((sum, place, i, all) => (i > 0 ? sum + distance(all[i - 1], place) : 0), 0)

/** The shortest way over the same triangles, vertex by vertex. */
function straightened(mesh: Mesh, start: WayEnd, crossings: Crossing[], end: WayEnd): Crossing[] {
  const out: Crossing[] = []
  let from = start.place
  let strip: Crossing[] = []
  for (const crossing of crossings) {
    if (crossing.a !== crossing.b) {
      strip.push(crossing)
      continue
    }
    out.push(...straightOver(mesh, from, strip, pointAt(mesh, crossing.a)), crossing)
    from = pointAt(mesh, crossing.a)
    strip = []
  }
  out.push(...straightOver(mesh, from, strip, end.place))
  return out.filter(({ a, b }, i) => a !== b || i === 0 || out[i - 1].a !== a || out[i - 1].b !== a)
}

type Flat = readonly [number, number]

/** The edges of a strip of triangles laid into the plane one after another, left and right as seen on the way. */
function unfolded(mesh: Mesh, from: Vec3, strip: Crossing[], to: Vec3) {
  const lefts: { vertex: number; at: Flat }[] = []
  const rights: { vertex: number; at: Flat }[] = []
  /** The place at given distances from p and q, on the right of p → q or on its left. */
  const third = (p: Flat, q: Flat, fromP: number, fromQ: number, onLeft: boolean): Flat => {
    const [dx, dy] = [q[0] - p[0], q[1] - p[1]]
    const size = Math.hypot(dx, dy) || 1e-300
    const along = (fromP * fromP - fromQ * fromQ + size * size) / (2 * size)
    const off = Math.sqrt(Math.max(0, fromP * fromP - along * along)) * (onLeft ? 1 : -1)
    return [p[0] + (along * dx - off * dy) / size, p[1] + (along * dy + off * dx) / size]
  }
  const apart = (v: number, w: number) => distance(pointAt(mesh, v), pointAt(mesh, w))
  const { a, b } = strip[0]
  lefts.push({ vertex: a, at: [0, apart(a, b)] })
  rights.push({ vertex: b, at: [0, 0] })
  // seen from the start, which lies at x < 0, the first edge's upper end is on the left
  const start = third([0, 0], lefts[0].at, distance(from, pointAt(mesh, b)), distance(from, pointAt(mesh, a)), true)
  for (let i = 1; i < strip.length; i++) {
    const [left, right] = [lefts[i - 1], rights[i - 1]]
    const edge = [strip[i].a, strip[i].b]
    const keepsLeft = edge.includes(left.vertex)
    const vertex = edge.find((v) => v !== (keepsLeft ? left.vertex : right.vertex))!
    const at =
      vertex === left.vertex || vertex === right.vertex
        ? (vertex === left.vertex ? left : right).at
        : third(right.at, left.at, apart(vertex, right.vertex), apart(vertex, left.vertex), false)
    lefts.push(keepsLeft ? left : { vertex, at })
    rights.push(keepsLeft ? { vertex, at } : right)
  }
  const [left, right] = [lefts.at(-1)!, rights.at(-1)!]
  const toRight = distance(to, pointAt(mesh, right.vertex))
  const end = third(right.at, left.at, toRight, distance(to, pointAt(mesh, left.vertex)), false)
  return { start, lefts, rights, end }
}

/** Twice the area of a triangle, positive when c lies to the left of a → b. */
const turnTo = (a: Flat, b: Flat, c: Flat) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

/** The shortest way through a strip: a funnel, whose sides go taut edge by edge (Lee & Preparata 1984). */
function straightOver(mesh: Mesh, from: Vec3, strip: Crossing[], to: Vec3): Crossing[] {
  if (strip.length === 0) return []
  const { start, lefts, rights, end } = unfolded(mesh, from, strip, to)
  const count = strip.length
  const leftAt = (i: number) => (i < count ? lefts[i].at : end)
  const rightAt = (i: number) => (i < count ? rights[i].at : end)
  const out: Crossing[] = []
  let apex = start
  let first = 0 // the first edge that the way from the apex has not crossed yet
  let [left, right] = [0, 0] // the edges whose ends narrow the funnel most
  /** The way goes straight from the apex to `corner`, across the edges before the `until`-th. */
  const straightTo = (corner: Flat, until: number) => {
    for (let i = first; i < until; i++) {
      const [l, r] = [turnTo(apex, corner, lefts[i].at), turnTo(apex, corner, rights[i].at)]
      const share = l - r > 0 ? Math.min(1, Math.max(0, l / (l - r))) : 0 // from the left end to the right one
      const { vertex: a } = lefts[i]
      const { vertex: b } = rights[i]
      out.push(share < 1e-9 ? { a, b: a, share: 0 } : share > 1 - 1e-9 ? { a: b, b, share: 0 } : { a, b, share })
    }
    apex = corner
    first = until
  }
  for (let i = 1; i <= count; i++) {
    if (turnTo(apex, rightAt(right), rightAt(i)) >= 0) {
      if (apex === rightAt(right) || turnTo(apex, leftAt(left), rightAt(i)) < 0) right = i
      else {
        const v = lefts[left].vertex
        straightTo(leftAt(left), left)
        out.push({ a: v, b: v, share: 0 })
        // every edge that ends at the corner is passed there
        while (first < count && lefts[first].vertex === v) first++
        left = right = i = first
        continue
      }
    }
    if (right === count) break // the end lies in the funnel
    if (turnTo(apex, leftAt(left), leftAt(i)) <= 0) {
      if (apex === leftAt(left) || turnTo(apex, rightAt(right), leftAt(i)) > 0) left = i
      else {
        const v = rights[right].vertex
        straightTo(rightAt(right), right)
        out.push({ a: v, b: v, share: 0 })
        while (first < count && rights[first].vertex === v) first++
        left = right = i = first
      }
    }
  }
  straightTo(end, count)
  return out
}

/** A triangle of the fan round a vertex: its spokes' other ends, and the angle at the vertex up to its first spoke. */
interface Leaf {
  triangle: number
  first: number
  second: number
  from: number
  angle: number
}

/** The triangles round v in order, as far as they hang together; `whole` when they close. */
function fanRound(mesh: Mesh, { from, items }: Rows, v: number): { leaves: Leaf[]; whole: boolean } {
  const { triangles } = mesh
  const byFirst = new Map<number, Leaf>()
  const seconds = new Set<number>()
  const here = pointAt(mesh, v)
  for (let i = from[v]; i < from[v + 1]; i++) {
    const t = items[i] - (items[i] % 3)
    const first = triangles[t + ((items[i] + 1) % 3)]
    const second = triangles[t + ((items[i] + 2) % 3)]
    const angle = angleDeg(subtract(pointAt(mesh, first), here), subtract(pointAt(mesh, second), here))
    byFirst.set(first, { triangle: t / 3, first, second, from: 0, angle })
    seconds.add(second)
  }
  const start = [...byFirst.keys()].find((w) => !seconds.has(w)) ?? byFirst.keys().next().value!
  const leaves: Leaf[] = []
  let turned = 0
  for (let leaf = byFirst.get(start); leaf; leaf = byFirst.get(leaf.second)) {
    byFirst.delete(leaf.first)
    leaf.from = turned
    turned += leaf.angle
    leaves.push(leaf)
  }
  return { leaves, whole: leaves.at(-1)!.second === start && byFirst.size === 0 }
}

/** Crossings instead of the i-th place of a way, a vertex: of its spokes on the side of less than half a turn. */
function ledRound(
  mesh: Mesh,
  corners: Rows,
  start: WayEnd,
  way: Crossing[],
  end: WayEnd,
  i: number,
): Crossing[] | null {
  const v = way[i].a
  const here = pointAt(mesh, v)
  const { leaves, whole } = fanRound(mesh, corners, v)
  /** The direction of a neighbouring place, as an angle round the vertex; null when it is not in its fan. */
  const angleTo = (place: Vec3, holds: (leaf: Leaf) => boolean): number | null => {
    const leaf = leaves.find(holds)
    if (!leaf) return null
    return leaf.from + angleDeg(subtract(pointAt(mesh, leaf.first), here), subtract(place, here))
  }
  const angleOf = (crossing: Crossing | undefined, tip: WayEnd) =>
    crossing
      ? angleTo(placeAt(mesh, crossing), ({ first, second }) =>
          [crossing.a, crossing.b].every((w) => w === v || w === first || w === second),
        )
      : angleTo(tip.place, ({ triangle }) => triangle === tip.triangle)
  const before = angleOf(way[i - 1], start)
  const after = angleOf(way[i + 1], end)
  if (before === null || after === null) return null
  const all = leaves.at(-1)!.from + leaves.at(-1)!.angle
  const forward = after >= before ? after - before : whole ? after - before + all : Infinity
  const backward = after <= before ? before - after : whole ? before - after + all : Infinity
  const turn = Math.min(forward, backward)
  if (!(turn < 180 - 1e-7)) return null
  const [low, high] = forward <= backward ? [before, before + turn] : [after, after + turn]
  const p = distance(here, i > 0 ? placeAt(mesh, way[i - 1]) : start.place)
  const q = distance(here, i + 1 < way.length ? placeAt(mesh, way[i + 1]) : end.place)
  const [near, far] = forward <= backward ? [p, q] : [q, p]
  // the spokes between, once round at the most, each crossed where the straight line from one place to the other does
  const crossed: { at: number; crossing: Crossing }[] = []
  for (const { first, from } of leaves) {
    for (const at of [from, from + all]) {
      if (at <= low + 1e-9 || at >= high - 1e-9 || (at !== from && !whole)) continue
      const sine = (degrees: number) => Math.sin((degrees * Math.PI) / 180)
      const line = (near * far * sine(turn)) / (near * sine(at - low) + far * sine(high - at))
      const share = Math.min(1, line / distance(here, pointAt(mesh, first)))
      crossed.push({ at, crossing: { a: v, b: first, share } })
    }
  }
  crossed.sort((s, t) => s.at - t.at)
  const spokes = crossed.map(({ crossing }) => crossing)
  return forward <= backward ? spokes : spokes.toReversed()
}
