import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bounds, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { componentsOf } from '../../mesh/topology.ts'
import { distance, type Vec3 } from '../../mesh/vector.ts'
import { scanned } from '../../test-support/scans.ts'
import { posesFrom, valuesOf } from '../../test-support/trials.ts'
import { definitions } from './definitions.ts'
import { foot } from './foot.ts'

const person = whole('foot/dupontgu_left_foot.stl')
const template = whole('foot/find_template_left.obj')
const pose = posesFrom(8)

/** A real foot in its canonical pose, and what is measured on it. */
function whole(file: string) {
  const scan = scanned(file, 1000)
  const mesh = transformed(scan, foot.measure(scan).toCanonical)
  const reading = foot.measure(mesh)
  return { mesh, landmarks: reading.landmarks, values: valuesOf(reading) }
}

/** What is measured of the part of a posed foot that is kept, by the middles of its triangles, in another pose. */
function measured(mesh: Mesh, keep: (x: number, y: number, z: number) => boolean) {
  const { positions, triangles } = mesh
  const middle = (t: number, axis: number) =>
    [0, 1, 2].reduce((sum, k) => sum + positions[3 * triangles[3 * t + k] + axis], 0) / 3
  const part = submesh(mesh, (t) => keep(middle(t, 0), middle(t, 1), middle(t, 2)))
  return foot.measure(transformed(part, pose()))
}

const without = (mesh: Mesh, at: Vec3, radius: number) => measured(mesh, (x, y, z) => distance([x, y, z], at) > radius)

const lengths = ['foot_length', 'ball_length', 'heel_width', 'instep_height', 'instep_girth', 'toe_height', 'toe_angle']

test('a foot without its toes or its heel has no length, and nothing that stands at a share of it', () => {
  for (const { mesh, values } of [person, template]) {
    const length = values.foot_length
    for (const share of [0.98, 0.8]) {
      const { absent, landmarks, coverage } = measured(mesh, (x) => x < share * length)
      for (const name of lengths) assert.match(absent[name], /at the tip of the toes/, `${name} at ${share}`)
      assert.deepEqual(Object.keys(landmarks), ['heelBack'])
      assert.ok(coverage.toes < 0.9 && coverage.heel > 0.9)
    }
    for (const share of [0.02, 0.2]) {
      const { absent } = measured(mesh, (x) => x > share * length)
      for (const name of [...lengths, 'heel_girth']) assert.match(absent[name], /at the back of the heel/, name)
    }
  }
})

test('a hole that takes the longest toe’s tip away leaves no length, however whole the next toe is', () => {
  for (const radius of [12, 22]) {
    const { absent } = without(person.mesh, person.landmarks.toeTip, radius)
    assert.match(absent.foot_length, /at the tip of the toes/)
  }
})

test('holes beside the landmarks, and small ones on them, take nothing away', () => {
  const { mesh, values, landmarks } = person
  const names = ['foot_length', 'heel_width', 'ball_width', 'ball_length', 'instep_height', 'arch_height']
  const [x, y] = landmarks.toeTip
  const small = without(mesh, landmarks.heelBack, 5)
  const onTheBack = without(mesh, [x - 25, y, 25], 12)
  const besideTheHeel = without(mesh, [0.3 * values.foot_length, 40, 25], 12)
  for (const { measurements, absent } of [small, onTheBack, besideTheHeel])
    for (const name of names)
      assert.ok(Math.abs(measurements[name]?.value - values[name]) < 0.6, `${name}: ${absent[name] ?? 'moved'}`)
})

test('a hole at a side of the ball takes what is read there, and leaves the rest', () => {
  for (const { mesh, values, landmarks } of [person, template]) {
    const { absent, measurements } = without(mesh, landmarks.mth1, 22)
    for (const name of ['ball_width', 'ball_width_anatomical', 'ball_girth', 'ball_length', 'ball_angle', 'toe_angle'])
      assert.equal(absent[name], 'the scan ends, or has a hole, at the inner side of the ball')
    for (const name of ['foot_length', 'heel_width', 'instep_height', 'toe_height'])
      assert.ok(Math.abs(measurements[name].value - values[name]) < 0.3, name)
  }
})

test('without a strip of the inner side neither the heel nor the arch has an inner edge', () => {
  const { absent, measurements, landmarks } = measured(person.mesh, (_x, y) => y > -30)
  assert.match(absent.heel_width, /at the inner side of the heel/)
  for (const name of ['arch_height', 'arch_index', 'ball_width']) assert.match(absent[name], /inner side/)
  assert.ok(Math.abs(measurements.instep_height.value - person.values.instep_height) < 0.3)
  const length = person.values.foot_length
  const waist = measured(person.mesh, (x, y, z) => y > -15 || z < 4 || x < 0.25 * length || x > 0.6 * length)
  assert.equal(waist.absent.arch_height, 'the inner side of the foot is not there')
  assert.ok('ball_width' in waist.measurements)
  assert.ok(!('archApex' in waist.landmarks) && !('heelInner' in landmarks) && 'mth1' in waist.landmarks)
})

test('a foot cut off too low has no heel girth, and any other the whole one', () => {
  const body = scanned('body/odedstein_human_neutral.obj', 1000)
  const [, ground] = bounds(body).min
  const legs = submesh(body, (t) => body.positions[3 * body.triangles[3 * t] + 1] < ground + 300)
  const { of } = componentsOf(legs)
  const leg = submesh(legs, (t) => of[t] === 0)
  const whole = foot.measure(leg).measurements.heel_girth.value
  const found = [80, 100, 110, 120, 160].map((height) => {
    const { measurements, absent } = measured(leg, (_x, y) => y < ground + height)
    if (!('heel_girth' in measurements)) assert.match(absent.heel_girth, /does not reach over the bend/)
    else assert.ok(Math.abs(measurements.heel_girth.value - whole) < 0.1, `${measurements.heel_girth.value}`)
    return 'heel_girth' in measurements
  })
  assert.deepEqual(found, [false, false, false, true, true])
})

test('a sole alone is no foot, of neither side', () => {
  for (const height of [5, 15, 50]) {
    const { absent, side, sideConfidence, likeness } = measured(person.mesh, (_x, _y, z) => z < height)
    assert.ok(likeness < 0.4)
    assert.equal(side, null)
    assert.equal(sideConfidence, 0)
    for (const name of Object.keys(definitions)) assert.equal(absent[name], 'the scan does not look like a foot')
  }
})
