import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bvhOf } from '../../mesh/bvh.ts'
import { applyTo, compose, inverse } from '../../mesh/matrix.ts'
import { bounds, transformed } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { dot, scale, step, subtract, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { measureScan } from '../../scan/scan.ts'
import { choose } from '../choose.ts'
import { design } from '../design.ts'
import type { DesignInput } from '../module.ts'
import { forgeWear } from './forge-wear.ts'
import { trunkOf } from './trunk.ts'
import { scanBytes } from '../../test-support/scans.ts'

const scan = measureScan(scanBytes('body/makehuman_base.obj'), {
  part: 'full_body',
})

function inputFor(options: Record<string, string>): DesignInput {
  const { parameters, choices } = choose(forgeWear, forgeWear.products[1], options)
  return { ...scan, curves: {}, parameters, choices, progress: () => {} }
}

test("a hollow form at half size is the customer's trunk: checked, flat where it is cut, and its matrix says how it lies", () => {
  const options = { size: '1:2', body: 'hollow', easeMm: '4' }
  const { report, product, files } = design(scan, forgeWear, 'dress-form', options)
  assert.deepEqual([report.watertight, report.selfIntersections, report.components, report.genus], [true, 0, 1, 1])
  assert.deepEqual(report.scanToProduct, [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1])
  assert.equal(report.intendedOffsetMm, 2)
  assert.ok(report.contactDeviation!.p95 < 0.1)
  assert.ok(report.contact!.areaMm2 > 90_000, 'a quarter of 0.4 m² and more')
  assert.ok(report.minWallMm >= 2 && report.minWallMm < 5.1)
  assert.ok(files['product.stl'] && files['preview.png'])
  // in the body's own pose and size again
  const back = compose(scan.toCanonical, inverse(report.scanToProduct))
  const form = transformed(product!, back)
  const bvh = bvhOf(form)
  const input = inputFor(options)
  const { neck, arms } = trunkOf(input, input.parameters)
  for (const cut of [neck, ...arms]) {
    const { point, normal } = cut.plane
    const side = cut.name.split(' ')[0]
    const middle = cut === neck ? point : overArmpit(side)
    for (const [across, up] of [
      [0, 0],
      [12, 5],
      [-12, 8],
      [4, -14],
    ]) {
      // prettier-ignore
      const flat = step(step(middle, normal, -dot(subtract(middle, point), normal)), [1, 0, 0], across)
      const from = step(step(flat, [0, 0, 1], up), normal, 60)
      const hit = castRay(bvh, from, scale(normal, -1))
      assert.ok(hit, `${cut.name} has a face`)
      assert.ok(Math.abs(dot(subtract(step(from, normal, -hit.t), point), normal)) < 0.05, `${cut.name} is flat`)
    }
  }
  const { min, max } = bounds(form)
  assert.ok(max[2] - min[2] > 600 && max[2] - min[2] < 760, 'from neck to thighs')

  function overArmpit(side: string): Vec3 {
    const [a, b] = [`armpit_${side}`, `shoulder_${side}`].map((name) => applyTo(scan.toCanonical, scan.landmarks[name]))
    return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2]
  }
})

test('arms are cut off whole, and nothing else is: not the hips that hang below the same plane', () => {
  const input = inputFor({})
  const { arms } = trunkOf(input, input.parameters)
  const at = (name: string) => applyTo(scan.toCanonical, scan.landmarks[name])
  for (const [i, side] of ['left', 'right'].entries()) {
    const sign = i === 0 ? 1 : -1
    for (const name of [`elbow_${side}`, `wrist_${side}`]) assert.ok(beyondBoth(arms[i], at(name)) > 20)
    const hip: Vec3 = [at('crotch')[0], sign * 175, at('crotch')[2] + 90]
    assert.ok(dot(subtract(hip, arms[i].plane.point), arms[i].plane.normal) > 0, 'the plane alone would cut it')
    assert.ok(beyondBoth(arms[i], hip) < 0)
  }
})

const beyondBoth = ({ plane, apart }: ReturnType<typeof trunkOf>['arms'][0], p: Vec3) =>
  Math.min(dot(subtract(p, plane.point), plane.normal), dot(subtract(p, apart!.point), apart!.normal))

test('a scan without arms or legs that stand apart is refused with what is missing', () => {
  const { wrist_left: _, ...others } = scan.landmarks
  const input = { ...inputFor({}), landmarks: others }
  assert.throws(
    () => trunkOf(input, input.parameters),
    (error: unknown) =>
      error instanceof GeometryRefusal && error.code === 'DESIGN_NOT_SUPPORTED' && /wrist_left/.test(error.message),
  )
  const oneArm = { ...scan, coverage: { ...scan.coverage, arms: 0.5 } }
  assert.throws(() => design(oneArm, forgeWear, 'dress-form'), GeometryRefusal)
})
