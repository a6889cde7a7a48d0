import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clean } from '../clean/clean.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { gaussian, seeded } from '../mesh/random.ts'
import { icosphere } from '../mesh/shapes.ts'
import { noiseOf } from '../mesh/noise.ts'
import { judgeOf, leastQuality } from './quality.ts'

const ball = (radius: number): Mesh => icosphere(radius, 32)

function rough(mesh: Mesh, mm: number): Mesh {
  const noise = gaussian(seeded(7))
  return { ...mesh, positions: mesh.positions.map((value) => value + mm * noise()) }
}

const judged = (mesh: Mesh, coverage: Record<string, number> = { scan: 1 }) => {
  const cleaned = clean(mesh)
  return judgeOf({ bodyPart: 'ear', mesh: cleaned.mesh, report: cleaned.report })(coverage)
}

test('the noise of a surface is found within a sixth', () => {
  for (const mm of [0.05, 0.1, 0.3]) {
    const found = noiseOf(rough(ball(40), mm))
    assert.ok(Math.abs(found - mm) < mm / 6, `${found} for ${mm}`)
  }
  assert.ok(noiseOf(ball(40)) < 0.01)
})

test('a clean scan is good, and what makes it poor is named with what to do', () => {
  const good = judged(ball(20))
  assert.ok(good.score > 0.9)
  assert.deepEqual(good.issues, [])

  const noisy = judged(rough(ball(20), 0.5))
  assert.ok(noisy.score < leastQuality)
  assert.equal(noisy.issues[0]?.code, 'NOISE')
  assert.match(noisy.suggestions[0] ?? '', /steadier/)

  const partial = judged(ball(20), { concha: 0.4, pinna: 0.9 })
  assert.ok(partial.score < leastQuality)
  assert.deepEqual(partial.issues[0], {
    code: 'COVERAGE_LOW',
    message: '40 % of the region "concha" is in the scan',
    value: 0.4,
  })
})

test('a surface made of doubled triangles is marked down', () => {
  const { positions, triangles } = ball(20)
  const doubled = judged({ positions, triangles: Uint32Array.from([...triangles, ...triangles]) })
  assert.ok(doubled.parts.manifoldness < 0.5)
  assert.ok(doubled.issues.some(({ code }) => code === 'NOT_MANIFOLD'))
})
