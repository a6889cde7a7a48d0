import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFit, type FitReport } from '../../check/check.ts'
import { bvhOf, type Bvh } from '../../mesh/bvh.ts'
import { compose, identity, inverse, type Mat4, rotation, translation } from '../../mesh/matrix.ts'
import { faceVectors, type Mesh, submesh, transformed, triangleCount, volume } from '../../mesh/mesh.ts'
import { castRayAll } from '../../mesh/ray.ts'
import { icosphere } from '../../mesh/shapes.ts'
import { scale, step, unit, type Vec3 } from '../../mesh/vector.ts'
import { dentalArch, type ToothTruth } from '../../phantoms/teeth.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { measureScan } from '../../scan/scan.ts'
import { plyOf } from '../../write/ply.ts'
import { choose } from '../choose.ts'
import { compatibilityOf } from '../compatibility.ts'
import { design } from '../design.ts'
import type { Generated } from '../module.ts'
import { forgeSmile } from './forge-smile.ts'
import { splint } from './splint.ts'

/**
 * A product for a scan whose canonical pose is known, made and checked as `design` does it.
 * @param set parameters besides: those that a choice decides, too
 */
function made(
  mesh: Mesh,
  productId: string,
  options: Record<string, string> = {},
  toCanonical: Mat4 = identity,
  set: Record<string, number> = {},
) {
  const product = forgeSmile.products.find(({ id }) => id === productId)!
  const { choices, manufacturing, ...chosen } = choose(forgeSmile, product, options)
  const parameters = { ...chosen.parameters, ...set }
  const nothing = { side: null, measurements: {}, landmarks: {}, curves: {}, progress: () => {} }
  const generated = splint({ mesh, toCanonical, parameters, choices, ...nothing })
  const check = () => checkFit(generated.body, mesh, { ...generated, minWallMm: manufacturing.minWallMm })
  return { generated, parameters, check }
}

function assertFits(fit: FitReport, { intendedOffsetMm }: Generated) {
  assert.deepEqual(fit.failures, [])
  assert.deepEqual([fit.watertight, fit.selfIntersections, fit.components, fit.genus], [true, 0, 1, 0])
  assert.ok(Math.abs(fit.contact!.p95 - intendedOffsetMm) < 0.1 && fit.contactDeviation!.p95 < 0.1)
  assert.ok(fit.insertionAxis)
}

const arch = dentalArch({ cell: 0.5 })
const somewhere = compose(translation([120, -40, 8]), rotation(unit([2, 1, -1]), 1.1))
const guard = made(arch.mesh, 'night-guard')

/** Material along a ray from within the tooth: where it begins and how thick it is, mm. */
function through(bvh: Bvh, from: Vec3, direction: Vec3) {
  const [first, second] = castRayAll(bvh, from, direction).filter(({ t }, i, all) => i === 0 || t - all[i - 1].t > 1e-6)
  return { begins: first.t, thick: second.t - first.t }
}

/** A place in the middle of a crown, so far under its cusps. */
const within = ({ middle }: ToothTruth, deepMm: number): Vec3 => step(middle, [0, 0, 1], -deepMm)

test('a night guard fits, goes on, and has its thickness over every cusp and at both sides of every tooth', () => {
  const { generated, parameters: p } = guard
  const fit = guard.check()
  assertFits(fit, generated)
  assert.ok(fit.contact!.areaMm2 > 900, 'more than 60 mm² a tooth')
  const { body } = generated
  const outward = generated.outward!
  const bvh = bvhOf(body)
  for (const tooth of arch.truth.teeth) {
    for (const tip of tooth.tips) {
      const over = through(bvh, step(tip, outward, -0.5), outward)
      assert.ok(Math.abs(over.begins - 0.5 - p.gapMm) < 0.1, `gap of ${over.begins - 0.5} mm over a cusp`)
      assert.ok(over.thick > p.occlusalMm - 0.06, `${over.thick} mm over a cusp of ${tooth.side} ${tooth.place}`)
    }
    for (const side of [tooth.buccal, scale(tooth.buccal, -1)]) {
      const { thick } = through(bvh, within(tooth, 3), side)
      assert.ok(thick > p.wallMm - 0.06, `${thick} mm beside ${tooth.side} ${tooth.place}`)
    }
  }
})

test('it reaches as far down the crowns as is said', () => {
  for (const { generated, parameters } of [guard, made(arch.mesh, 'night-guard', { coverMm: '3' })]) {
    const { positions } = generated.body
    for (const { middle, buccal, width } of arch.truth.teeth) {
      let low = Infinity
      for (let i = 0; i < positions.length; i += 3) {
        const [x, y] = [positions[i] - middle[0], positions[i + 1] - middle[1]]
        if (Math.hypot(x, y) > 10 || Math.abs(x * buccal[1] - y * buccal[0]) > width / 4) continue
        low = Math.min(low, positions[i + 2] - middle[2])
      }
      assert.ok(Math.abs(low + parameters.coverMm) < 0.6, `${low} mm of ${parameters.coverMm}`)
    }
  }
})

test('below an overhang it holds by the retention that is said, and no more', () => {
  // deep down, where the crowns' bellies overhang the necks
  const deep = { coverMm: 7.5, gapMm: 0, pressMm: 1 }
  const [none, some] = [0, 0.4].map((retentionMm) => {
    const { generated, check } = made(arch.mesh, 'night-guard', {}, identity, { ...deep, retentionMm })
    assert.equal(generated.genus, 0)
    return check().interferenceMm!
  })
  assert.ok(none < 0.1, `${none} mm of press without retention`)
  assert.ok(some > none + 0.1 && some < 0.5, `${some} mm of press with 0.4 mm of retention`)
})

test('a flat one is a plane to bite on, also over the place of a missing molar', () => {
  const { mesh, truth } = dentalArch({ cell: 0.5, missing: ['left 6'] })
  const { generated, check } = made(mesh, 'night-guard', { surface: 'flat', material: 'soft' })
  assertFits(check(), generated)
  assert.match(generated.notes.join(), /a gap in the row is spanned by a bar/)
  const { body } = generated
  const faces = faceVectors(body)
  // the plane is the largest part of the surface that looks one way
  const meanOf = (about: Vec3, least: number) => {
    const sum = [0, 0, 0]
    for (let t = 0; t < faces.length; t += 3) {
      if (along(faces, t, about) < least * lengthOf(faces, t)) continue
      for (let k = 0; k < 3; k++) sum[k] += faces[t + k]
    }
    return unit([sum[0], sum[1], sum[2]])
  }
  let normal: Vec3 = [0, 0, 1]
  for (const least of [0.95, 0.999, 0.9999, 0.99999]) normal = meanOf(normal, least)
  const top = submesh(body, (t) => along(faces, 3 * t, normal) > 0.9999 * lengthOf(faces, 3 * t))
  const heights = Float64Array.from(
    top.positions.filter((_, i) => i % 3 === 0),
    (_, v) => along(top.positions, 3 * v, normal),
  ).sort()
  const [low, high] = [0.02, 0.98].map((share) => heights[Math.floor(share * heights.length)])
  assert.ok(high - low < 0.05, `${high - low} mm from a plane`)
  assert.ok(triangleCount(top) > 5000)
  const bvh = bvhOf(body)
  for (const { tips } of truth.teeth)
    for (const tip of tips) {
      const { thick } = through(bvh, step(tip, normal, -0.5), normal)
      assert.ok(thick > 1.94, `${thick} mm over a cusp`)
    }
})

test('a retainer is thin, and the same for a scan that lies turned in space', () => {
  const still = made(arch.mesh, 'retainer')
  const moved = made(transformed(arch.mesh, somewhere), 'retainer', {}, inverse(somewhere))
  assertFits(moved.check(), moved.generated)
  const [a, b] = [volume(still.generated.body), volume(moved.generated.body)]
  assert.ok(Math.abs(a / b - 1) < 0.001)
  assert.ok(a < 3500)
})

test('where the scan is torn at the back of the last tooth, the rim stays above the tear', () => {
  const last = arch.truth.teeth.filter(({ place }) => place === 7)
  const { positions: p, triangles } = arch.mesh
  const deepest = (t: number) => 3.6 + 0.4 * Math.sin(t)
  const torn = submesh(arch.mesh, (t) => {
    const at = 3 * triangles[3 * t]
    return last.every(({ middle, distal, width }) => {
      const behind = (p[at] - middle[0]) * distal[0] + (p[at + 1] - middle[1]) * distal[1] - width / 2
      return behind < -1.5 || Math.abs(p[at] - middle[0]) > 15 || p[at + 2] > middle[2] - deepest(t)
    })
  })
  const scan = measureScan(plyOf(torn), { part: 'teeth' })
  for (const productId of ['night-guard', 'retainer']) {
    const { product, report } = design(scan, forgeSmile, productId)
    assert.deepEqual(report.failures, [])
    assert.match(report.notes.join(), /at the back of a last tooth it reaches down 2\.\d mm only/)
    const v = product!.positions
    for (const { middle, distal, width, side } of last) {
      let low = Infinity
      for (let i = 0; i < v.length; i += 3) {
        const [x, y] = [v[i] - middle[0], v[i + 1] - middle[1]]
        const [behind, beside] = [x * distal[0] + y * distal[1] - width / 2, x * distal[1] - y * distal[0]]
        if (Math.abs(behind) < 2.5 && Math.abs(beside) < 2) low = Math.min(low, v[i + 2] - middle[2])
      }
      assert.ok(low > -3.2 && low < -1, `${productId}: ${low} mm at the back of the last tooth, ${side}`)
    }
  }
})

test('from the bytes of a scan to the files of a product, in whatever pose the teeth lie', () => {
  const scan = measureScan(plyOf(transformed(arch.mesh, somewhere)), { part: 'teeth' })
  const { compatible, availableProducts } = compatibilityOf(scan, forgeSmile)
  assert.deepEqual([compatible, availableProducts], [true, ['night-guard', 'retainer']])
  const { report, files } = design(scan, forgeSmile, 'night-guard', { material: 'dual', thickness: 'slim' })
  assert.deepEqual([report.failures, report.notes.length], [[], 1])
  assert.deepEqual(
    [report.parameters.occlusalMm, report.parameters.gapMm, report.manufacturing.material],
    [1.5, 0.02, 'splint-resin-dual'],
  )
  assert.deepEqual(report.pricing, { baseMinor: 699900, customizationsMinor: 150000, currency: 'INR' })
  assert.ok(files['product.stl'].length > 1e6 && files['preview.png'].length > 1e4)
})

test('a row with a wide gap, and a scan without crowns, are refused with the reason', () => {
  const refused = (mesh: Mesh, message: RegExp) =>
    assert.throws(
      () => made(mesh, 'night-guard'),
      (thrown: unknown) =>
        thrown instanceof GeometryRefusal && thrown.code === 'DESIGN_NOT_SUPPORTED' && message.test(thrown.message),
    )
  refused(dentalArch({ cell: 0.6, missing: ['left 5', 'left 6'] }).mesh, /gap in the row of teeth is too wide/)
  refused(icosphere(25, 30), /no row of crowns/)
})

const along = (v: Float64Array, i: number, [x, y, z]: Vec3) => v[i] * x + v[i + 1] * y + v[i + 2] * z
const lengthOf = (v: Float64Array, i: number) => Math.hypot(v[i], v[i + 1], v[i + 2])
