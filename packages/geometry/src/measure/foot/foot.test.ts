import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compose, type Mat4, rotation, scaling, translation } from '../../mesh/matrix.ts'
import { bounds, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { seeded } from '../../mesh/random.ts'
import { decimate } from '../../mesh/resample.ts'
import { box, icosphere, parametric } from '../../mesh/shapes.ts'
import { componentsOf } from '../../mesh/topology.ts'
import { distance, unit, type Vec3 } from '../../mesh/vector.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { footTruth } from '../../phantoms/foot-truth.ts'
import { footPhantom, footSolid, plainBreadth, plainFoot } from '../../phantoms/foot.ts'
import { readScan } from '../../read/read.ts'
import { definitions } from './definitions.ts'
import { foot } from './foot.ts'
import { scanBytes } from '../../test-support/scans.ts'
import { valuesOf } from '../../test-support/trials.ts'

const truth: Record<string, number> = { ...footTruth(footSolid()) }
const clean = footPhantom(30000)
const small = footPhantom(6000)
const mirror: Mat4 = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/** A scan as its file has it, mm. */
function asRead(file: string, mmPerUnit: number): Mesh {
  const { positions, triangles } = readScan(scanBytes(file))
  return transformed({ positions, triangles }, scaling(mmPerUnit))
}
const person = asRead('foot/dupontgu_left_foot.stl', 1000)
const template = asRead('foot/find_template_left.obj', 1000)

function within(found: Record<string, number>, wanted: Record<string, number>, limits: Record<string, number>) {
  for (const [name, limit] of Object.entries(limits)) {
    const off = found[name] - wanted[name]
    assert.ok(Math.abs(off) <= limit, `${name} is ${found[name]}, off by ${off.toFixed(3)}`)
  }
}

function somehow(random: () => number): Mat4 {
  const axis = unit([random() - 0.5, random() - 0.5, random() - 0.5])
  return compose(translation([500 * random(), -900 * random(), 300 * random()]), rotation(axis, 6 * random()))
}

test('a clean foot of 30,000 points is measured to a twentieth of a millimetre', () => {
  const reading = foot.measure(transformed(clean, somehow(seeded(1))))
  within(valuesOf(reading), truth, {
    foot_length: 0.05,
    ball_width: 0.05,
    ball_width_anatomical: 0.05,
    ball_girth: 0.05,
    ball_length: 0.05,
    outer_ball_length: 0.05,
    heel_width: 0.05,
    instep_height: 0.05,
    instep_girth: 0.05,
    arch_height: 0.05,
    arch_index: 0.002,
    toe_height: 0.05,
    toe_angle: 0.05,
  })
  assert.equal(reading.side, 'left')
  assert.ok(reading.sideConfidence > 0.9)
  assert.ok(reading.likeness > 0.9)
})

test('noise, holes and 5,000 triangles leave lengths, breadths and heights within a fifth of a millimetre', () => {
  for (const seed of [1, 2, 3]) {
    const scan = decimate(torn(noisy(clean, 0.1, seed), 12, 8, seed), 5000)
    within(valuesOf(foot.measure(scan)), truth, {
      foot_length: 0.2,
      ball_width: 0.2,
      heel_width: 0.2,
      instep_height: 0.2,
      arch_height: 0.2,
      instep_girth: 0.25,
      toe_height: 0.25,
      arch_index: 0.01,
      // along a bulge 40 mm round, a tenth of a millimetre of noise moves its top by a millimetre; the girth leans with it
      ball_girth: 0.6,
      ball_length: 2,
      outer_ball_length: 0.8,
      ball_width_anatomical: 0.5,
      toe_angle: 0.7,
    })
  }
})

test('a foot moved and turned measures the same to a hundredth of a millimetre', () => {
  const random = seeded(5)
  for (const mesh of [small, person, decimate(person, 3000), noisy(person, 0.1, 2), template]) {
    const first = foot.measure(mesh)
    for (let i = 0; i < 3; i++) {
      const again = foot.measure(transformed(mesh, somehow(random)))
      assert.equal(again.side, first.side)
      assert.deepEqual(Object.keys(again.absent), Object.keys(first.absent))
      within(
        valuesOf(again),
        valuesOf(first),
        Object.fromEntries(Object.keys(first.measurements).map((k) => [k, 0.01])),
      )
    }
  }
})

test('a mirrored foot is the other one, with the same measurements', () => {
  for (const mesh of [small, person, template]) {
    const left = foot.measure(mesh)
    const right = foot.measure(transformed(mesh, mirror))
    assert.equal(left.side, 'left')
    assert.equal(right.side, 'right')
    within(valuesOf(right), valuesOf(left), Object.fromEntries(Object.keys(left.measurements).map((k) => [k, 1e-6])))
    // its landmarks lie on the right foot itself, mirrored to those of the left
    const [x, y, z] = left.landmarks.mth1
    assert.ok(distance(right.landmarks.mth1, [x, -y, z]) < 1e-6)
  }
})

test('a real foot is as long and as broad as the smallest rectangle round it says, to a millimetre', () => {
  const reading = foot.measure(person)
  within(valuesOf(reading), { foot_length: 275.7, ball_width: 108.2 }, { foot_length: 1, ball_width: 1 })
  assert.equal(reading.side, 'left')
  assert.ok(reading.likeness > 0.7 && foot.measure(template).likeness > 0.7)
  // the sole of this scan was closed by a plane: its footprint is not to be trusted much
  assert.ok(reading.measurements.arch_index.confidence < 0.5)
  assert.ok(reading.measurements.foot_length.confidence > 0.9)
})

test('a real foot with half of its triangles measures the same to half a millimetre', () => {
  const whole = valuesOf(foot.measure(person))
  const half = valuesOf(foot.measure(decimate(person, person.triangles.length / 6)))
  within(half, whole, Object.fromEntries(Object.keys(whole).map((name) => [name, 0.5])))
})

test('ears, heads, hands and bodies are no feet', () => {
  for (const [file, mmPerUnit] of [
    ['ear/hutubs_pp3_left_ear.ply', 1],
    ['ear/cgtub_head_left_ear_crop.ply', 1],
    ['head/cgtub_head.ply', 1],
    ['head/mediapipe_canonical_face.obj', 10],
    ['hand/webxr_generic_hand_left.obj', 1000],
    ['hand/odedstein_hand_closed.obj', 190],
    ['body/odedstein_human_neutral.obj', 1000],
  ] as const) {
    const { likeness } = foot.measure(asRead(file, mmPerUnit))
    assert.ok(likeness < 0.4, `${file}: ${likeness}`)
  }
})

/** What lies above a height over the sole of the phantom, which stands on z = 0. */
const above = (mesh: Mesh, limit: number) =>
  submesh(mesh, (t) => [0, 1, 2].some((k) => mesh.positions[3 * mesh.triangles[3 * t + k] + 2] > limit))

function together(a: Mesh, b: Mesh): Mesh {
  const positions = new Float64Array([...a.positions, ...b.positions])
  return {
    positions,
    triangles: Uint32Array.from([...a.triangles, ...b.triangles.map((v) => v + a.positions.length / 3)]),
  }
}

test('the floor round a foot is taken for the ground, and for nothing else', () => {
  const floor = parametric(80, 60, (u, v): Vec3 => [400 * u - 70, 240 * v - 120, 0])
  const scan = noisy(together(above(footPhantom(12000), 3), floor), 0.05, 4)
  const reading = foot.measure(transformed(scan, somehow(seeded(9))))
  within(valuesOf(reading), truth, {
    foot_length: 0.2,
    ball_width: 0.2,
    heel_width: 0.2,
    instep_height: 0.2,
  })
  assert.equal(reading.side, 'left')
  assert.match(reading.absent.arch_index, /./)
  assert.equal(reading.absent.toe_height, 'the big toe’s underside is not there')
  assert.ok(reading.coverage.sole < 0.4 && reading.coverage.instep > 0.9)
})

test('a piece of floor beside a whole foot or under it, of whatever size and askew, changes nothing', () => {
  const alone = foot.measure(person).measurements
  const standing = transformed(person, foot.measure(person).toCanonical)
  for (const [wide, x, y, height, lean] of [
    [60, 130, 0, -0.5, 0],
    [200, 130, 0, 0, 0.02],
    [120, 130, 180, 0, 0],
    [120, 330, 0, 1, 0],
    [400, 130, 0, -0.3, 0],
  ]) {
    const sheet = parametric(30, 30, (u, v): Vec3 => [
      x + wide * (u - 0.5),
      y + wide * (v - 0.5),
      height + lean * wide * u,
    ])
    const { measurements } = foot.measure(together(standing, sheet))
    assert.deepEqual(Object.keys(measurements), Object.keys(alone))
    for (const [name, { value }] of Object.entries(measurements)) {
      assert.ok(Math.abs(value - alone[name].value) < 0.01, `${name}, ${wide} mm: ${value}, alone ${alone[name].value}`)
    }
  }
})

test('a toe lifted off the floor is as thick as without the floor', () => {
  const alone = foot.measure(template)
  const floor = parametric(80, 60, (u, v): Vec3 => [400 * u - 70, 240 * v - 120, 0])
  const scan = together(above(transformed(template, alone.toCanonical), 2), floor)
  within(valuesOf(foot.measure(scan)), valuesOf(alone), { toe_height: 0.1, toe_spring: 0.1, foot_length: 0.1 })
})

test('a foot scanned from above has no arch, and says so', () => {
  const reading = foot.measure(transformed(above(small, 5), somehow(seeded(3))))
  within(valuesOf(reading), truth, { foot_length: 0.3, ball_width: 0.3, heel_width: 0.3 })
  assert.equal(reading.absent.arch_height, 'the sole under the arch is not there')
  assert.ok('arch_index' in reading.absent && 'toe_height' in reading.absent)
  assert.ok(reading.coverage.sole < 0.4 && reading.coverage.heel > 0.9)
  // where the sides end is not quite where the ground was
  assert.ok(reading.measurements.instep_height.confidence < 0.6)
})

test('a real foot stands as it stood when its sole is cut away, whatever the pose', () => {
  const whole = foot.measure(person)
  const posed = transformed(person, whole.toCanonical)
  const random = seeded(6)
  for (const height of [3, 4, 5, 6]) {
    for (let i = 0; i < 2; i++) {
      const turn = somehow(random)
      const reading = foot.measure(transformed(above(posed, height), turn))
      within(valuesOf(reading), valuesOf(whole), { foot_length: 0.3, ball_width: 0.3, heel_width: 0.3 })
      assert.equal(reading.side, 'left')
      const upright = compose(reading.toCanonical, turn)[10]
      assert.ok(upright > Math.cos(Math.PI / 180), `cut at ${height} mm it leans by ${Math.acos(upright)}`)
    }
  }
})

test('a leg does not hide the foot on which it stands', () => {
  const body = asRead('body/mhr_template.ply', 10)
  const ground = bounds(body).min[1]
  const lower = (height: number) => {
    const part = submesh(body, (t) =>
      [0, 1, 2].every((k) => body.positions[3 * body.triangles[3 * t + k] + 1] < ground + height),
    )
    const { of } = componentsOf(part)
    return foot.measure(
      transformed(
        submesh(part, (t) => of[t] === 0),
        somehow(seeded(11)),
      ),
    )
  }
  const cut = lower(160)
  const leg = lower(420)
  assert.equal(leg.side, cut.side)
  assert.ok(leg.likeness > 0.7)
  const names = ['foot_length', 'ball_width', 'heel_width', 'ball_girth', 'instep_height', 'heel_girth', 'arch_height']
  within(valuesOf(leg), valuesOf(cut), Object.fromEntries(names.map((name) => [name, 0.1])))
  assert.match(cut.absent.ankle_girth, /below the ankle/)
  const ankle = leg.measurements.ankle_girth.value
  assert.ok(ankle > 180 && ankle < 250)
})

test('a foot as simple as can be gives the obvious answers', () => {
  const shape = { length: 260, heelWidth: 65, ballWidth: 100, instepHeight: 65 }
  const reading = foot.measure(transformed(plainFoot(shape, 12000), somehow(seeded(2))))
  const heel = plainBreadth(shape, 0.16 * 260)
  within(
    valuesOf(reading),
    { foot_length: 260, ball_width: 100, heel_width: heel, instep_height: 65, arch_height: 0, toe_spring: 0 },
    { foot_length: 0.05, ball_width: 0.05, heel_width: 0.05, instep_height: 0.05, arch_height: 0.05, toe_spring: 0.05 },
  )
  // it is its own mirror image
  assert.equal(reading.side, null)
  assert.equal(reading.sideConfidence, 0)
})

test('what the customer says decides where the shape does not', () => {
  const plain = plainFoot({ length: 240, heelWidth: 60, ballWidth: 92, instepHeight: 60 }, 4000)
  assert.equal(foot.measure(plain, { side: 'right' }).side, 'right')
  assert.equal(foot.measure(small, { side: 'right' }).side, 'left')
})

test('landmarks lie where they are named for, in the scan’s own frame', () => {
  const turn = somehow(seeded(4))
  const { landmarks, measurements, toCanonical } = foot.measure(transformed(small, turn))
  const posed = (name: string): Vec3 => {
    const [x, y, z] = landmarks[name]
    return [0, 4, 8].map((row) => {
      const [a, b, c, d] = toCanonical.slice(row, row + 4)
      return a * x + b * y + c * z + d
    }) as unknown as Vec3
  }
  assert.ok(Math.abs(posed('heelBack')[0]) < 0.01)
  assert.ok(Math.abs(posed('toeTip')[0] - measurements.foot_length.value) < 0.01)
  assert.ok(distance(posed('heelCentre'), [0.16 * measurements.foot_length.value, 0, 0]) < 0.5)
  assert.ok(posed('mth1')[1] < -40 && posed('mth5')[1] > 40)
  assert.ok(posed('archApex')[2] > 13 && posed('archApex')[1] < -20)
  // each trace spans what it is the trace of
  for (const name of ['foot_length', 'ball_width', 'heel_width', 'instep_height', 'toe_height', 'arch_height']) {
    const [from, to] = measurements[name].trace[0].points
    assert.ok(Math.abs(distance(from, to) - measurements[name].value) < 0.3, name)
  }
})

test('every name is measured or missing with a reason, whatever is handed in', () => {
  const odd: Record<string, Mesh> = {
    nothing: { positions: new Float64Array(0), triangles: new Uint32Array(0) },
    'points alone': { positions: small.positions, triangles: new Uint32Array(0) },
    'one triangle': {
      positions: Float64Array.from([0, 0, 0, 260, 0, 0, 130, 100, 0]),
      triangles: Uint32Array.of(0, 1, 2),
    },
    line: { positions: Float64Array.from([0, 0, 0, 260, 0, 0, 130, 0, 0]), triangles: Uint32Array.of(0, 1, 2) },
    sheet: parametric(20, 20, (u, v): Vec3 => [260 * u, 100 * v, 0]),
    box: box([0, 0, 0], [260, 100, 65]),
    ball: icosphere(130, 12),
    'half a foot': submesh(small, (t) => small.positions[3 * small.triangles[3 * t]] < 130),
    'the other half': submesh(small, (t) => small.positions[3 * small.triangles[3 * t]] > 130),
    'a foot in metres': transformed(small, scaling(0.001)),
    'a foot in micrometres': transformed(small, scaling(1000)),
  }
  for (const [what, mesh] of Object.entries(odd)) {
    const { measurements, absent, likeness, coverage } = foot.measure(mesh)
    for (const name of Object.keys(definitions)) {
      assert.ok(name in measurements !== name in absent, `${what}: ${name}`)
      if (name in measurements) assert.ok(Number.isFinite(measurements[name].value), `${what}: ${name}`)
      else assert.ok(absent[name].length > 0)
    }
    for (const share of [likeness, ...Object.values(coverage)]) assert.ok(share >= 0 && share <= 1, what)
    if (what !== 'box') assert.ok(likeness < 0.4, `${what}: ${likeness}`)
  }
})
