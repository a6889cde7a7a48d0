import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../mesh/random.ts'
import { between, type Vec3 } from '../mesh/vector.ts'
import { aim, fitted, project, projectAll, type View } from './camera.ts'

const cloud = (seed: number) => {
  const random = seeded(seed)
  return Float64Array.from({ length: 300 }, (_, i) => (random() - 0.3) * [70, 20, 140][i % 3])
}

const views: View[] = [
  { from: [0, 0, 1] },
  { from: [0, 0, -1], up: [1, 1, 0] },
  { from: [1, 2, 3], distance: 3 },
  { from: [-5, 0.1, 0], up: [0, 0, 1], distance: 0.1 },
  { from: [0, 0, 2], up: [0, 0, 1] },
]

test('everything lies in the area and touches two of its opposite sides, from every side and with perspective', () => {
  const area = { x: 30, y: 10, width: 400, height: 200 }
  for (const view of views) {
    const flat = projectAll(fitted(aim(view, [cloud(1)]), area), cloud(1))
    const xs = flat.filter((_, i) => i % 3 === 0)
    const ys = flat.filter((_, i) => i % 3 === 1)
    const gaps = [Math.min(...xs) - 30, 430 - Math.max(...xs), Math.min(...ys) - 10, 210 - Math.max(...ys)]
    assert.ok(Math.min(...gaps) > -1e-6, gaps.join())
    assert.ok(Math.max(gaps[0], gaps[1]) < 1e-6 || Math.max(gaps[2], gaps[3]) < 1e-6, gaps.join())
    assert.ok(flat.every((value) => Number.isFinite(value)))
  }
})

test('from above with y up, x runs to the right, y upwards, and what is higher is nearer', () => {
  const camera = fitted(aim({ from: [0, 0, 1] }, [Float64Array.of(0, 0, 0, 10, 10, 10)]), {
    x: 0,
    y: 0,
    width: 100,
    height: 100,
  })
  assert.deepEqual(project(camera, [0, 0, 6]), [0, 100, 1])
  assert.deepEqual(project(camera, [10, 0, 10]), [100, 100, 5])
})

test('nearness is linear along straight lines of the picture, also with perspective', () => {
  const camera = fitted(aim({ from: [1, 1, 1], distance: 1 }, [cloud(2)]), { x: 0, y: 0, width: 300, height: 300 })
  const a: Vec3 = [-20, 3, 70]
  const b: Vec3 = [40, -6, -30]
  const [pa, pb, pm] = [a, b, between(a, b, 0.4)].map((p) => project(camera, p))
  const t = (pm[0] - pa[0]) / (pb[0] - pa[0])
  assert.ok(Math.abs(t - 0.4) > 0.01, 'perspective shortens what is farther away')
  assert.ok(Math.abs(pa[2] + (pb[2] - pa[2]) * t - pm[2]) < 1e-9)
})

test('a view around a part fills the area with that part', () => {
  const part = { min: [0, 0, 0], max: [10, 10, 10] } as const
  const camera = fitted(aim({ from: [0, 0, 1], around: part }, [cloud(1)]), { x: 0, y: 0, width: 50, height: 50 })
  assert.deepEqual(project(camera, [10, 10, 5]), [50, 0, 0])
})

test('a view from nowhere is a mistake of the caller', () => {
  assert.throws(() => aim({ from: [0, 0, 0] }, [cloud(1)]), RangeError)
})
