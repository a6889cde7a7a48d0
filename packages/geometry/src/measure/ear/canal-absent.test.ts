import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mesh, submesh, turned, vertex } from '../../mesh/mesh.ts'
import { box, icosphere } from '../../mesh/shapes.ts'
import { randomCanal } from '../../phantoms/canal-random.ts'
import { canalPhantom } from '../../phantoms/canal.ts'
import { readScan } from '../../read/read.ts'
import { measureCanal } from './canal.ts'
import { scanBytes } from '../../test-support/scans.ts'

const { mesh: canal } = canalPhantom({ ...randomCanal(5), points: 5000 })
const scan = (name: string) => readScan(scanBytes(name))
const scaled = (mesh: Mesh, by: number): Mesh => ({ ...mesh, positions: mesh.positions.map((value) => value * by) })

test('ears without a visible canal, a head, a hand and a foot have no canal, and say why', () => {
  const others: Record<string, Mesh> = {
    'a range image of an ear': scan('ear/hutubs_pp3_left_ear.ply'),
    'an ear with a blocked entrance': scan('ear/cgtub_head_left_ear_crop.ply'),
    'a head': scan('head/cgtub_head.ply'),
    'a hand': scaled(scan('hand/webxr_generic_hand_left.obj'), 1000),
    'a foot': scaled(scan('foot/dupontgu_left_foot.stl'), 1000),
  }
  for (const [what, mesh] of Object.entries(others)) {
    for (const one of what.includes('ear') ? [mesh, { ...mesh, triangles: turned(mesh.triangles) }] : [mesh]) {
      const { measurements, absent, sections, entrance } = measureCanal(one)
      assert.deepEqual(measurements, {}, what)
      assert.match(absent.canal_length, /^no canal is seen/, what)
      assert.equal(sections.length, 0)
      assert.equal(entrance, null)
    }
  }
})

test('tubes that are too wide, too narrow, too short, too long, or open at one side are no ear canal', () => {
  const tube = (mm: number, length: number) =>
    canalPhantom({ path: [{ straight: length }], keys: [{ s: 0, axes: [mm, mm] }], end: 'flat', points: 5000 }).mesh
  for (const [mm, length] of [[22, 30], [2.4, 20], [9, 4], [14, 70]]) {
    assert.deepEqual(measureCanal(tube(mm, length)).measurements, {}, `${mm} x ${length} mm`)
  } // prettier-ignore
  const pipe = tube(8, 25)
  const gutter = submesh(pipe, (t) => vertex(pipe, pipe.triangles[3 * t])[0] < 0.5)
  assert.deepEqual(measureCanal(gutter).measurements, {})
})

test('whatever it is handed, it answers', () => {
  const none = new Uint32Array(0)
  const odd: Mesh[] = [
    { positions: new Float64Array(0), triangles: none },
    { positions: new Float64Array(300), triangles: none },
    { positions: new Float64Array(9), triangles: Uint32Array.from({ length: 90 }, (_, i) => i % 3) },
    { ...canal, positions: canal.positions.map((value, i) => (i === 7 ? NaN : value)) },
    box([0, 0, 0], [8, 8, 30]),
    icosphere(5, 12),
    scaled(canal, 1e-9),
    scaled(canal, 1e9),
  ]
  for (const mesh of odd) {
    const { measurements, absent } = measureCanal(mesh)
    assert.deepEqual(measurements, {})
    assert.ok(absent.canal_length.length > 10)
  }
})
