import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
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

/** What the command prints as its error, having ended with 2. */
async function refused(args: string[]) {
  const { code, output, errors } = await runCommand(['scan', ...args, '--json'])
  assert.deepEqual([code, errors], [2, ''])
  return (JSON.parse(output) as { error: { code: string; message: string } }).error
}

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
  const measured = (...args: string[]) => refused(['measure', ...args])
  assert.equal((await measured(notScan)).code, 'SCAN_FORMAT_UNKNOWN')
  assert.equal((await measured(join(folder, 'none.ply'))).code, 'SCAN_UNREADABLE')
  assert.equal((await measured(scan('foot/dupontgu_left_foot.stl'), '--part', 'ear')).code, 'SCAN_BODY_PART_MISMATCH')
  const poor = await measured(scan('head/sc_sven_truedepth_frame000.ply'), '--part', 'head')
  assert.equal(poor.code, 'SCAN_QUALITY_LOW')

  const { code, output, errors } = await runCommand(['scan', 'measure', notScan])
  assert.deepEqual([code, output], [2, ''])
  assert.match(errors, /^saudagar: .*\(SCAN_FORMAT_UNKNOWN\)\n$/)
})

test('a file is looked at before it is read: its size, and that it ends', async () => {
  const sparse = join(folder, 'sparse.ply')
  await writeFile(sparse, '')
  await truncate(sparse, 3 * 2 ** 30) // nothing on the disk
  assert.equal((await refused(['measure', sparse])).code, 'SCAN_TOO_LARGE')
  assert.match((await refused(['measure', '/dev/zero'])).message, /no regular file/)
  assert.match((await refused(['measure', folder])).message, /it is a folder/)
  const few = await refused(['measure', ear, '--max-vertices', '22399'])
  assert.deepEqual(
    [few.code, few.message.slice(0, 47)],
    ['SCAN_TOO_LARGE', 'The scan has 22400 vertices; at most 22399 are '],
  )
})

test('where nothing can be written, and what cannot be made, is said before the work begins', async () => {
  const notScan = join(folder, 'no-scan.ply') // the work would begin by refusing this
  await writeFile(notScan, 'PK\u0003\u0004 a zip with another name')
  const none = join(folder, 'none', 'ear.png')
  for (const out of [none, folder, join(notScan, 'ear.png')]) {
    assert.equal((await refused(['picture', notScan, '--out', out])).code, 'OUT_NOT_WRITABLE', out)
  }
  const design = (file: string, product: string, out: string, ...more: string[]) =>
    refused(['design', file, '--module', 'forge-audio', '--product', product, '--out', out, ...more])
  assert.equal((await design(notScan, 'ear-plugs', notScan)).code, 'OUT_NOT_WRITABLE')

  const out = join(folder, 'not-made')
  assert.equal((await design(notScan, 'ear-rings', out)).code, 'DESIGN_OPTION_UNKNOWN')
  assert.equal((await design(notScan, 'ear-plugs', out, '--option', 'vent=wide')).code, 'DESIGN_OPTION_UNKNOWN')
  assert.ok(!(await readdir(folder)).includes('not-made'))
})

test('a folder named .env in the working directory is passed over', async () => {
  const place = join(folder, 'place')
  await mkdir(join(place, '.env'), { recursive: true })
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [main, 'scan', 'definitions', '--part', 'ear'], {
    cwd: place,
    encoding: 'utf8',
  })
  assert.deepEqual([status, stderr], [0, ''])
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
