import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gaussian, seeded } from '../../mesh/random.ts'
import { solveBand } from './canal-banded.ts'
import { bendsOf } from './canal-bends.ts'
import { planeThrough } from './canal-ends.ts'
import { chordsOf, type CentreLine, lineThrough } from './canal-line.ts'
import type { Samples } from './canal-samples.ts'
import { figuresOf } from './canal-section.ts'
import { fitWall, radiusOf, wavesAt } from './canal-wall.ts'

test('a band matrix is solved like the full one that it stands for', () => {
  const random = seeded(3)
  const [n, half] = [30, 4]
  const band = new Float64Array(n * (half + 1))
  const full = Array.from({ length: n }, () => new Float64Array(n))
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - half); j <= i; j++) {
      full[i][j] = full[j][i] = i === j ? 6 + random() : random() - 0.5
      band[i * (half + 1) + half - i + j] = full[i][j]
    }
  }
  const x = Float64Array.from({ length: n }, () => random())
  const right = Float64Array.from(full, (row) => row.reduce((sum, value, j) => sum + value * x[j], 0))
  assert.ok(solveBand(band, half, right))
  for (let i = 0; i < n; i++) assert.ok(Math.abs(right[i] - x[i]) < 1e-12)
  assert.equal(solveBand(Float64Array.from([0, 1, 2, 1]), 1, new Float64Array(2)), false)
})

/** Points each 0.2 mm along straight 6, an arc, straight 6. */
function arcLine(deg: number, length: number, rough = 0, stiffness = 0.05): CentreLine {
  const draw = gaussian(seeded(9))
  const points: number[] = []
  const radius = length / ((deg * Math.PI) / 180)
  for (let s = 0; s <= 12 + length + 1e-9; s += 0.2) {
    const turn = Math.min(1, Math.max(0, (s - 6) / length)) * ((deg * Math.PI) / 180)
    const beyond = Math.max(0, s - 6 - length)
    const x = radius * (1 - Math.cos(turn)) + beyond * Math.sin(turn)
    const z = Math.min(s, 6) + radius * Math.sin(turn) + beyond * Math.cos(turn)
    points.push(x + rough * draw(), rough * draw(), z + rough * draw())
  }
  const flat = Float64Array.from(points)
  return lineThrough(flat, chordsOf(flat), null, stiffness, 5)!
}

test('an arc is neither flattened nor shortened by smoothing, and its middle is the bend', () => {
  for (const [deg, length] of [[10, 4], [20, 8], [35, 6], [50, 9]]) {
    const line = arcLine(deg, length)
    assert.ok(Math.abs(line.length - 12 - length) < 0.005)
    const [bend, ...more] = bendsOf(line, 0, line.length)
    assert.equal(more.length, 0)
    assert.ok(Math.abs(bend.s - 6 - length / 2) < 0.03, `${bend.s}`)
    assert.ok(Math.abs(bend.angleDeg - deg) < 0.25, `${bend.angleDeg}`)
  } // prettier-ignore
})

test('a rough line bends where the smooth one does', () => {
  const line = arcLine(35, 6, 0.02, 3)
  const [bend, ...more] = bendsOf(line, 0, line.length, 0.03)
  assert.equal(more.length, 0)
  assert.ok(Math.abs(bend.s - 9) < 0.2)
  assert.ok(Math.abs(bend.angleDeg - 35) < 2)
})

test('what turns by less than 8° is no bend', () => {
  assert.equal(bendsOf(arcLine(7.5, 5), 0, 17).length, 0)
  assert.equal(bendsOf(arcLine(8.5, 5), 0, 17).length, 1)
})

/** Samples of an oval tube round the z axis, one axis `a` (growing), one `b`. */
function oval(count: number, noise: number, keep: (s: number, theta: number) => boolean): Samples {
  const random = seeded(5)
  const draw = gaussian(random)
  const rows: [number, number, number][] = []
  while (rows.length < count) {
    const [s, theta] = [10 * random(), 2 * Math.PI * random() - Math.PI]
    if (!keep(s, theta)) continue
    rows.push([s, theta, trueRadius(s, theta) + noise * draw()])
  }
  const column = (k: number) => Float64Array.from(rows, (row) => row[k])
  return {
    count,
    grain: 0.3,
    points: new Float64Array(3 * count),
    weights: new Float64Array(count).fill(1),
    s: column(0),
    theta: column(1),
    r: column(2),
    station: new Int32Array(count),
  }
}

const axesAt = (s: number): [number, number] => [5 - 0.1 * s, 4 - 0.1 * s]

function trueRadius(s: number, theta: number): number {
  const [a, b] = axesAt(s)
  return (a * b) / Math.hypot(b * Math.cos(theta), a * Math.sin(theta))
}

test('a wall is fitted over holes and through noise, with its area', () => {
  const hole = (s: number, theta: number) => Math.hypot(s - 5, 4 * (theta - 1)) > 1
  const clean = fitWall(oval(6000, 0, hole), 0, 10)!
  const rough = fitWall(oval(6000, 0.1, hole), 0, 10, 0.03)!
  for (const s of [0, 2.5, 5, 7.5, 10]) {
    const [a, b] = axesAt(s)
    const { area, major, minor, u, v, perimeter } = figuresOf(wavesAt(clean, s))
    assert.ok(Math.abs(area - Math.PI * a * b) < 0.02)
    assert.ok(Math.abs(major - 2 * a) < 0.01 && Math.abs(minor - 2 * b) < 0.01)
    assert.ok(Math.hypot(u, v) < 0.003)
    const h = ((a - b) / (a + b)) ** 2 // Ramanujan's formula
    assert.ok(Math.abs(perimeter - Math.PI * (a + b) * (1 + (3 * h) / (10 + Math.sqrt(4 - 3 * h)))) < 0.01)
    assert.ok(Math.abs(figuresOf(wavesAt(rough, s)).area - Math.PI * a * b) < 0.6)
  }
  assert.ok(Math.abs(radiusOf(wavesAt(clean, 5), 1) - trueRadius(5, 1)) < 0.02, 'in the hole')
})

test('beyond its end a wall goes on as it went', () => {
  const wall = fitWall(
    oval(6000, 0, () => true),
    0,
    10,
  )!
  assert.ok(Math.abs(radiusOf(wavesAt(wall, 10.5), 0) - trueRadius(10.5, 0)) < 0.02)
})

test('the plane through a rim is that of the most of it', () => {
  const leaning = Float64Array.from({ length: 72 }, (_, d) => 1.5 + 0.8 * Math.cos((2 * Math.PI * d) / 72))
  for (let d = 10; d < 28; d++) leaning[d] += 4 // a quarter of it torn away
  const { s, lean } = planeThrough(leaning)
  assert.ok(Math.abs(s - 1.5) < 0.01)
  assert.ok(Math.abs(lean[0] - 0.8) < 0.01 && Math.abs(lean[1]) < 0.01)
})
