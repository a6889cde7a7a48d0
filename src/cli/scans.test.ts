import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../test/support/command.ts'

const scan = (name: string) => fileURLToPath(new URL(`../../test/scans/${name}`, import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'saudagar-scan-'))
test.after(() => rm(folder, { recursive: true }))
const ear = scan('ear/hutubs_pp3_left_ear.ply')

const plugs = (product: string, out: string) =>
  `scan design ${ear} --part ear --module forge-audio --product ${product} --out ${out} --json`.split(' ')

test('scan measure prints one JSON object', async () => {
  const { code, output, errors } = await runCommand([
    'scan',
    'measure',
    ear,
    '--part',
    'ear',
    '--jaw',
    'closed',
    '--json',
  ])
  assert.equal(errors, '')
  assert.equal(code, 0)
  const found = JSON.parse(output) as Record<string, unknown>
  const { bodyPart, side, unit, jaw, vertices, faces } = found
  assert.deepEqual(
    { bodyPart, side, unit, jaw, vertices, faces },
    { bodyPart: 'ear', side: 'left', unit: 'mm', jaw: 'closed', vertices: 22400, faces: 44202 },
  )
  const { measurements, absent, quality } = found as {
    measurements: Record<string, { value: number; unit: string; confidence: number }>
    absent: Record<string, string>
    quality: { score: number; issues: unknown[] }
  }
  assert.equal(measurements['cavum_height']?.unit, 'mm')
  assert.equal(measurements['cavum_depth']?.value, measurements['concha_depth']?.value)
  assert.match(absent['canal_length'] ?? '', /canal/)
  assert.ok(quality.score > 0.9)
})

test('without --json a person reads a table', async () => {
  const { code, output } = await runCommand(['scan', 'measure', ear, '--part', 'ear'])
  assert.equal(code, 0)
  assert.match(output, /^left ear \(/)
  assert.match(output, /cavum_height +16\.\d\d mm/)
  assert.match(output, /absent: canal_length, /)
})

test('what cannot be read or is refused ends with 2 and says why, as JSON when asked', async () => {
  const notScan = join(folder, 'ear.ply')
  await writeFile(notScan, 'PK\u0003\u0004 a zip with another name')
  const refused = async (args: string[]) => {
    const { code, output, errors } = await runCommand(['scan', 'measure', ...args, '--json'])
    assert.equal(code, 2)
    assert.equal(errors, '')
    return (JSON.parse(output) as { error: { code: string; message: string } }).error
  }
  assert.equal((await refused([notScan])).code, 'SCAN_FORMAT_UNKNOWN')
  assert.equal((await refused([join(folder, 'none.ply')])).code, 'SCAN_UNREADABLE')
  assert.equal((await refused([scan('foot/dupontgu_left_foot.stl'), '--part', 'ear'])).code, 'SCAN_BODY_PART_MISMATCH')
  const poor = await refused([scan('head/sc_sven_truedepth_frame000.ply'), '--part', 'head'])
  assert.equal(poor.code, 'SCAN_QUALITY_LOW')

  const { code, output, errors } = await runCommand(['scan', 'measure', notScan])
  assert.deepEqual([code, output], [2, ''])
  assert.match(errors, /^saudagar: .*\(SCAN_FORMAT_UNKNOWN\)\n$/)
})

test('scan design writes the product with its report, scan picture a picture', async () => {
  const out = join(folder, 'plug')
  const { code, output, errors } = await runCommand([
    ...plugs('ear-plugs', out),
    '--option',
    'vent=large',
    '--option',
    'offsetMm=0.25',
  ])
  assert.equal(errors, '')
  assert.equal(code, 0)
  const report = JSON.parse(output) as Record<string, unknown>
  assert.equal(report['intendedOffsetMm'], 0.25)
  assert.ok((report['ventDiameterMm'] as number) >= 2)
  const files = ['preview.glb', 'preview.png', 'product.3mf', 'product.stl', 'report.json']
  assert.deepEqual((await readdir(out)).sort(), files)
  assert.deepEqual(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')), report)

  const wrong = await runCommand(plugs('ear-rings', out))
  assert.equal(wrong.code, 2)
  assert.match(wrong.output, /DESIGN_OPTION_UNKNOWN/)

  const png = join(folder, 'ear.png')
  assert.equal((await runCommand(['scan', 'picture', ear, '--part', 'ear', '--out', png])).code, 0)
  assert.equal((await readFile(png)).subarray(1, 4).toString(), 'PNG')
})

test('a module of somebody else is made as docs/module-sdk.md says', async () => {
  const page = await readFile(new URL('../../docs/module-sdk.md', import.meta.url), 'utf8')
  const fixture = new URL('../../test/fixtures/module-ring/', import.meta.url)
  const blocks = (language: string) =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text)
  assert.equal(blocks('json').join('\n'), await readFile(new URL('package.json', fixture), 'utf8'))
  assert.equal(blocks('js').join('\n'), await readFile(new URL('index.js', fixture), 'utf8'))

  const out = join(folder, 'ring')
  const hand = scan('hand/webxr_generic_hand_left.obj')
  const ring = ['--module', 'forge-ring', '--product', 'plain-ring', '--option', 'width=wide']
  const where = ['--module-package', fileURLToPath(fixture), '--out', out, '--json']
  const { code, output, errors } = await runCommand(['scan', 'design', hand, '--part', 'hand', ...ring, ...where])
  assert.equal(errors, '')
  assert.equal(code, 0)
  const report = JSON.parse(output) as { moduleId: string; parameters: Record<string, number>; genus: number }
  assert.deepEqual([report.moduleId, report.parameters['bandMm'], report.genus], ['forge-ring', 8, 1])
})
