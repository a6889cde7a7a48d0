import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compose, rotation, translation } from '../mesh/matrix.ts'
import { seeded } from '../mesh/random.ts'
import { distance, unit, type Vec3 } from '../mesh/vector.ts'
import {
  embossed,
  engraved,
  inBall,
  intersect,
  offset,
  roundIntersect,
  roundSubtract,
  roundUnion,
  shell,
  subtract,
  union,
} from './combine.ts'
import { extruded, polygon, underHeight } from './outline.ts'
import { box, capsule, cylinder, halfSpace, moved, type Sdf, sphere, taperedCapsule, torus } from './shapes.ts'
import { links, strokeBars, strokeColumn, tube } from './strokes.ts'

const random = seeded(5)
const anywhere = (reach = 10): Vec3 => [
  (random() - 0.5) * 2 * reach,
  (random() - 0.5) * 2 * reach,
  (random() - 0.5) * 2 * reach,
]
const flat = { origin: [0, 0, 0] as Vec3, x: [1, 0, 0] as Vec3, y: [0, 1, 0] as Vec3 }
const lShape = [[0, 0], [6, 0], [6, 2], [2, 2], [2, 5], [0, 5]] as const // prettier-ignore
const helix = Array.from({ length: 60 }, (_, i): Vec3 => [3 * Math.cos(i / 6), 3 * Math.sin(i / 6), i / 10 - 3])
const helixRadii = helix.map((_, i) => 0.5 + 0.01 * i)

/** Bodies whose distance is exact on both sides, so that one step along it lands on the surface. */
const exact: Record<string, Sdf> = {
  sphere: sphere([1, 2, 3], 4),
  capsule: capsule([0, 0, -3], [1, 2, 4], 1.5),
  'tapered capsule': taperedCapsule([0, 0, -3], 2, [1, 2, 4], 0.5),
  'tapered capsule, the other way': taperedCapsule([1, 2, 4], 0.5, [0, 0, -3], 2),
  'ball that holds the other': taperedCapsule([0, 0, 0], 3, [1, 0, 0], 1),
  box: box([1, 0, -1], [3, 2, 4]),
  'rounded box': box([1, 0, -1], [3, 2, 4], 0.7),
  'half space': halfSpace([1, 2, 3], [1, 1, 2]),
  cylinder: cylinder([0, -3, 0], [1, 4, 2], 2),
  'cylinder with round rims': cylinder([0, -3, 0], [1, 4, 2], 2, 0.5),
  torus: torus([0, 1, 0], [1, 1, 0], 4, 1.2),
  'L drawn out': extruded(polygon(lShape), flat, -2, 3),
  'moved box': moved(box([0, 0, 0], [3, 2, 1]), compose(translation([1, 2, 0]), rotation(unit([1, 2, 3]), 0.8))),
}

for (const [name, sdf] of Object.entries(exact)) {
  test(`${name}: going its distance against its gradient lands on the surface, and it never changes by more than the way`, () => {
    let landed = 0
    for (let n = 0; n < 2000; n++) {
      const p = anywhere()
      const d = sdf(...p)
      const q: Vec3 = [p[0] + random() - 0.5, p[1] + random() - 0.5, p[2] + random() - 0.5]
      assert.ok(Math.abs(sdf(...q) - d) <= distance(p, q) + 1e-9)
      const h = 1e-6
      const g = [0, 1, 2].map((axis) => {
        const up = p.map((value, k) => value + (k === axis ? h : 0))
        const down = p.map((value, k) => value - (k === axis ? h : 0))
        return (sdf(up[0], up[1], up[2]) - sdf(down[0], down[1], down[2])) / (2 * h)
      })
      if (Math.abs(Math.hypot(...g) - 1) > 1e-6) continue // on a ridge
      landed++
      const foot = p.map((value, k) => value - d * g[k])
      assert.ok(
        Math.abs(sdf(foot[0], foot[1], foot[2])) < 1e-4,
        `${p.join()} ends ${sdf(foot[0], foot[1], foot[2])} off`,
      )
    }
    assert.ok(landed > 1900)
  })
}

test('a tube along sixty points is the union of its sixty pieces, everywhere', () => {
  const whole = tube(helix, helixRadii)
  const pieces = helix.slice(1).map((b, i) => taperedCapsule(helix[i], helixRadii[i], b, helixRadii[i + 1]))
  const slow = union(...pieces)
  for (let n = 0; n < 3000; n++) {
    const p = anywhere(n < 1500 ? 4 : 40)
    assert.ok(Math.abs(whole(...p) - slow(...p)) < 1e-9)
  }
})

test('a tube asks few of its pieces: forty times the points cost less than ten times as long', () => {
  const long = (count: number) =>
    tube(
      Array.from({ length: count }, (_, i): Vec3 => [
        8 * Math.cos(i / count),
        8 * Math.sin(i / count),
        (20 * i) / count,
      ]),
      0.8,
    )
  const time = (sdf: Sdf) => {
    let least = Infinity
    for (let run = 0; run < 3; run++) {
      const start = process.cpuUsage()
      for (let n = 0; n < 20_000; n++) sdf((n % 20) - 10, (n % 17) - 8, n % 23)
      least = Math.min(least, process.cpuUsage(start).user)
    }
    return least
  }
  assert.ok(time(long(4000)) < 10 * time(long(100)))
})

test('an odd tube is still one: a single point, a ball within the next, radii that are missing', () => {
  assert.equal(tube([[0, 0, 0]], 2)(5, 0, 0), 3)
  assert.equal(links([{ a: [0, 0, 0], b: [0.5, 0, 0], radiusA: 2, radiusB: 1 }])(5, 0, 0), 3)
  assert.equal(links([{ a: [0, 0, 0], b: [0.5, 0, 0], radiusA: 1, radiusB: 2 }])(5, 0, 0), 2.5)
  assert.throws(() => tube([], 1), RangeError)
  assert.throws(() => tube([[0, 0, 0], [1, 0, 0]], [1]), RangeError) // prettier-ignore
})

test('a polygon with a hole and a notch knows its inside and the distance to its nearest side', () => {
  const square = [[-5, -5], [5, -5], [5, 5], [-5, 5]] as const // prettier-ignore
  const hole = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const // prettier-ignore
  const d = polygon(square, hole)
  assert.equal(d(0, 0), 1)
  assert.equal(d(3, 0), -2)
  assert.equal(d(4.5, 0), -0.5)
  assert.equal(d(7, 0), 2)
  assert.ok(Math.abs(d(8, 9) - 5) < 1e-12)
  const notched = polygon(lShape)
  assert.equal(notched(1, 4), -1)
  assert.equal(notched(4, 3), 1)
  assert.equal(notched(4, 1), -1)
  assert.throws(() => polygon([[0, 0], [1, 1]]), RangeError) // prettier-ignore
})

test('a rounded edge has its radius: the point at 45° lies on the circle', () => {
  const two = roundIntersect(halfSpace([0, 0, 0], [1, 0, 0]), halfSpace([0, 0, 0], [0, 1, 0]), 0.8)
  const back = 0.8 * Math.SQRT1_2 - 0.8
  assert.ok(Math.abs(two(back, back, 0)) < 1e-12)
  const cut = roundSubtract(halfSpace([0, 0, 0], [1, 0, 0]), halfSpace([0, 0, 0], [0, -1, 0]), 0.8)
  assert.ok(Math.abs(cut(back, back, 0)) < 1e-12)
  const filled = roundUnion(halfSpace([0, 0, 0], [1, 0, 0]), halfSpace([0, 0, 0], [0, 1, 0]), 0.8)
  assert.ok(Math.abs(filled(-back, -back, 0)) < 1e-12)
  // and away from the edge nothing changed
  for (const round of [two, cut]) assert.equal(round(-0.1, -5, 0), -0.1)
  assert.equal(roundUnion(sphere([0, 0, 0], 1), sphere([5, 0, 0], 1), 0.5)(9, 0, 0), 3)
})

test('bodies combine as sets do', () => {
  const a = sphere([0, 0, 0], 2)
  const b = sphere([1, 0, 0], 2)
  const c = sphere([0, 1, 0], 2)
  for (let n = 0; n < 2000; n++) {
    const p = anywhere(3)
    const [inA, inB, inC] = [a, b, c].map((sdf) => sdf(...p) < 0)
    assert.equal(union(a, b, c)(...p) < 0, inA || inB || inC)
    assert.equal(intersect(a, b, c)(...p) < 0, inA && inB && inC)
    assert.equal(subtract(a, b, c)(...p) < 0, inA && !inB && !inC)
    assert.equal(shell(a, 0.5)(...p) < 0, inA && a(...p) > -0.5)
    assert.equal(offset(a, 0.5)(...p) < 0, a(...p) < 0.5)
    const fast = inBall(a, [0, 0, 0], 2)(...p)
    assert.equal(fast < 0, inA)
    assert.ok(Math.abs(fast) <= Math.abs(a(...p)) + 1e-12)
  }
})

test('letters cut into a ball are as deep as was asked, and letters on it as high', () => {
  const ball = sphere([0, 0, 0], 10)
  const frame = { ...flat, origin: [0, 0, 10] as Vec3 }
  const signs = [[[-1, 0], [1, 0]], [[0, 1]]] as const // prettier-ignore
  const column = strokeColumn(frame, signs, 0.3, 2)
  const cut = engraved(ball, column, 0.5)
  assert.ok(cut(0, 0, 9.6) > 0 && cut(0, 0, 9.4) < 0)
  assert.ok(cut(0.9, 0, 9.5) > 0 && cut(0.9, 0, 9.4) < 0)
  assert.ok(cut(3, 0, 9.5) < 0)
  const up = embossed(ball, column, 0.5)
  assert.ok(up(0, 0, 10.4) < 0 && up(0, 0, 10.6) > 0)
  assert.ok(up(3, 0, 9.8) > 0)
  assert.ok(ball(0, 0, -9.8) < 0 && cut(0, 0, -9.8) < 0, 'the far side is left alone')
  const bars = strokeBars(frame, signs, 0.3)
  assert.ok(Math.abs(bars(0, 0, 10.3)) < 1e-12)
})

test('what lies under a wave is told, and never by more than the true distance', () => {
  const under = underHeight((x) => Math.sin(x), 1)
  assert.ok(under(1, 0, 0.8) < 0 && under(1, 0, 0.9) > 0)
  for (let n = 0; n < 500; n++) {
    const p = anywhere()
    const nearest = Array.from({ length: 4000 }, (_, i) => {
      const x = p[0] - 8 + i / 250
      return Math.hypot(x - p[0], Math.sin(x) - p[2])
    }).reduce((least, d) => Math.min(least, d))
    assert.ok(Math.abs(under(...p)) <= nearest + 1e-3)
  }
})

test('a motion that stretches or mirrors is refused', () => {
  const a = sphere([0, 0, 0], 1)
  assert.throws(() => moved(a, [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]), RangeError)
  assert.throws(() => moved(a, [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]), RangeError)
  assert.throws(() => box([0, 0, 0], [1, 1, 1], 2), RangeError)
  assert.throws(() => cylinder([0, 0, 0], [0, 0, 0], 2), RangeError)
})
