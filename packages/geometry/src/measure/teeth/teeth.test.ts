import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compose } from '../../mesh/matrix.ts'
import { type Mesh, transformed, triangleCount } from '../../mesh/mesh.ts'
import { decimate } from '../../mesh/resample.ts'
import { box, icosphere, torus } from '../../mesh/shapes.ts'
import { shut } from '../../mesh/shut.ts'
import { distance, type Vec3 } from '../../mesh/vector.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { type ArchTruth, dentalArch } from '../../phantoms/teeth.ts'
import { scanned } from '../../test-support/scans.ts'
import { assertNear, mirror, posesFrom, valuesOf } from '../../test-support/trials.ts'
import { teeth } from './teeth.ts'

const anyPose = posesFrom(41, [90, -70, 40])

const toothOf = ({ teeth }: ArchTruth, side: string, place: number) =>
  teeth.find((tooth) => tooth.side === side && tooth.place === place)!
const betweenSides = (truth: ArchTruth, place: number, at: 'middle' | 'tip') => {
  const [a, b] = ['left', 'right'].map((side) => toothOf(truth, side, place))
  return at === 'tip' ? distance(a.tips[0], b.tips[0]) : distance(a.middle, b.middle)
}
const widthsOf = ({ teeth }: ArchTruth) =>
  Object.fromEntries(teeth.map(({ side, place, width }) => [`${side}_${place}_width`, width]))

const arch = dentalArch({ cell: 0.5 })

test('canines and molars are as far apart as they were set, in any pose and on arches of other shapes', () => {
  for (const { mesh, truth } of [arch, dentalArch({ cell: 0.5, halfWidth: 28, halfDepth: 36 })]) {
    const found = teeth.measure(transformed(mesh, anyPose()))
    assertNear(found, { intercanine_width: betweenSides(truth, 3, 'tip') }, 0.1, 'canines')
    assertNear(found, { intermolar_width: betweenSides(truth, 6, 'middle') }, 0.3, 'molars')
    assert.ok(found.likeness > 0.9)
  }
})

test('the arch is as wide and as deep as its crowns reach', () => {
  const { mesh, truth } = arch
  // the phantom's x is across and y to the front; crowns are no lower than 4.5 mm under the level
  let [wide, front] = [0, 0]
  for (let i = 0; i < mesh.positions.length; i += 3) {
    if (mesh.positions[i + 2] < truth.level(mesh.positions[i], mesh.positions[i + 1]) - 4.5) continue
    wide = Math.max(wide, Math.abs(mesh.positions[i]))
    front = Math.max(front, mesh.positions[i + 1])
  }
  const last = toothOf(truth, 'left', 7)
  const back = last.middle[1] + (last.distal[1] * last.width) / 2
  const found = teeth.measure(transformed(mesh, anyPose()))
  assertNear(found, { arch_width: 2 * wide }, 0.3, 'width')
  assertNear(found, { arch_depth: front - back }, 1, 'depth')
  const row = truth.teeth.reduce((sum, { width }) => sum + width, 0)
  assertNear(found, { arch_perimeter: row }, 0.02 * row, 'perimeter')
})

test('single teeth are told apart and measured to 1.5 mm, an upper jaw by its wide first incisors', () => {
  assertNear(teeth.measure(transformed(arch.mesh, anyPose())), widthsOf(arch.truth), 1.5, 'widths')
})

test('where a tooth is missing those behind it are not counted, and nothing is said of molars', () => {
  const { mesh, truth } = dentalArch({ cell: 0.5, missing: ['left 4'] })
  const found = teeth.measure(transformed(mesh, anyPose()))
  assert.equal(found.measurements.left_5_width, undefined)
  assert.equal(found.measurements.intermolar_width, undefined)
  assert.match(found.absent.intermolar_width, /first molars/)
  assertNear(found, { right_5_width: toothOf(truth, 'right', 5).width }, 1.5, 'the other side')
  assertNear(found, { intercanine_width: betweenSides(truth, 3, 'tip') }, 0.1, 'canines')
})

test('with labels teeth are counted as they say, past a gap too', () => {
  const { mesh, truth } = dentalArch({ cell: 0.5, missing: ['left 4'] })
  const numbers = { right: [11, 12, 13, 14, 15, 16, 17], left: [21, 22, 23, 24, 25, 26, 27] }
  const labels = Int32Array.from({ length: triangleCount(mesh) }, (_, t) => {
    const v = 3 * mesh.triangles[3 * t]
    const p: Vec3 = [mesh.positions[v], mesh.positions[v + 1], 0]
    if (mesh.positions[v + 2] < -7) return 0
    const away = (tooth: (typeof truth.teeth)[number]) =>
      distance([tooth.middle[0], tooth.middle[1], 0], p) - tooth.width / 2
    const near = truth.teeth.reduce((a, b) => (away(b) < away(a) ? b : a))
    return away(near) < 2 ? numbers[near.side][near.place - 1] : 0
  })
  const found = teeth.measure(transformed(mesh, anyPose()), { labels })
  assertNear(found, { intermolar_width: betweenSides(truth, 6, 'middle') }, 0.4, 'molars')
  assert.equal(found.measurements.left_4_width, undefined)
  assertNear(found, { left_6_width: toothOf(truth, 'left', 6).width }, 1.5, 'behind the gap')
})

test('an arch is the same however it is moved and turned; mirrored, left and right change places', () => {
  const found = teeth.measure(arch.mesh)
  assertNear(teeth.measure(transformed(arch.mesh, anyPose())), valuesOf(found), 0.01, 'moved')
  const exchanged = Object.entries(valuesOf(found)).map(([name, value]) => [
    name.replace(/^(left|right)/, (side) => (side === 'left' ? 'right' : 'left')),
    value,
  ])
  const other = teeth.measure(transformed(transformed(arch.mesh, mirror), anyPose()))
  assertNear(other, Object.fromEntries(exchanged), 0.01, 'mirrored')
})

test('half of the triangles, noise and holes change the arch by less than 0.5 mm', () => {
  const found = valuesOf(teeth.measure(arch.mesh))
  const names = ['arch_width', 'arch_depth', 'arch_perimeter', 'intercanine_width', 'intermolar_width']
  const sure = Object.fromEntries(names.map((name) => [name, found[name]]))
  const half = decimate(arch.mesh, Math.floor(triangleCount(arch.mesh) / 2))
  assertNear(teeth.measure(half), sure, 0.3, 'half')
  assertNear(teeth.measure(torn(noisy(half, 0.05, 3), 5, 3, 3)), sure, 0.5, 'spoilt')
})

test('a model on a base is posed with its teeth up', () => {
  // the scan's openings shut: a solid with a flat underside
  const solid = shut(arch.mesh)
  const pose = anyPose()
  const found = teeth.measure(transformed(solid, pose))
  const turned = compose(found.toCanonical, pose)
  assert.ok(turned[10] > 0.98, 'z out of the gum')
  assertNear(found, { intercanine_width: betweenSides(arch.truth, 3, 'tip') }, 0.2, 'canines')
})

test('ears, hands, feet and heads are no teeth', () => {
  const files: [string, number][] = [
    ['ear/hutubs_pp3_left_ear.ply', 1],
    ['ear/cgtub_head_left_ear_crop.ply', 1],
    ['foot/find_template_left.obj', 1000],
    ['hand/webxr_generic_hand_left.obj', 1000],
    ['head/mediapipe_canonical_face.obj', 10],
  ]
  for (const [file, toMm] of files) assert.ok(teeth.measure(scanned(file, toMm)).likeness < 0.4, file)
})

test('whatever it is given, it answers: each name has a value or a reason', () => {
  const shapes: Mesh[] = [
    { positions: new Float64Array(), triangles: new Uint32Array() },
    { positions: icosphere(40, 4).positions, triangles: new Uint32Array() },
    { positions: Float64Array.from([0, 0, 0, 9, 0, 0, 0, 9, 0]), triangles: Uint32Array.from([0, 1, 2]) },
    box([0, 0, 0], [60, 50, 15]),
    icosphere(30, 12),
    torus(25, 6),
  ]
  for (const shape of shapes) {
    const found = teeth.measure(shape)
    for (const name of Object.keys(teeth.definitions)) assert.ok(found.measurements[name] || found.absent[name], name)
    assert.ok(found.likeness < 0.4)
  }
})
