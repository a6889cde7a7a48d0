import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { unzipSync } from 'fflate'
import { test } from 'node:test'
import { type Mesh, volume } from '../mesh/mesh.ts'
import { openEdges, ring, withSplitEdges } from './shapes.ts'
import { decimal, threeMfOf } from './three-mf.ts'

/** An element as the parser gives it with the order kept: its name, attributes and children or text. */
type Element = { name: string; attributes: Record<string, string>; children: Element[]; text: string }

function parsed(bytes: Uint8Array): Element {
  const xml = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  assert.equal(XMLValidator.validate(xml), true)
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, parseTagValue: false })
  const roots = (parser.parse(xml) as Record<string, unknown>[]).map(elementOf).filter(({ name }) => name !== '?xml')
  assert.equal(roots.length, 1)
  return roots[0]
}

function elementOf(raw: Record<string, unknown>): Element {
  const name = Object.keys(raw).find((key) => key !== ':@') ?? ''
  const inside = Array.isArray(raw[name]) ? (raw[name] as Record<string, unknown>[]) : []
  const attributes = Object.entries((raw[':@'] ?? {}) as Record<string, string>)
  return {
    name,
    attributes: Object.fromEntries(attributes.map(([key, value]) => [key.replace('@_', ''), value])),
    children: inside.filter((item) => !('#text' in item)).map(elementOf),
    text: inside.map((item) => (typeof item['#text'] === 'string' ? item['#text'] : '')).join(''),
  }
}

const core = 'http://schemas.microsoft.com/3dmanufacturing/core/2015/02'
const number = /^[-+]?(\d+(\.\d+)?|\.\d+)([eE][-+]?\d+)?$/ // ST_Number of the core schema

/** The mesh of the package, on the way to which all that the core specification demands of it is checked. */
function checked(bytes: Uint8Array): { mesh: Mesh; metadata: Map<string, string>; name: string } {
  const files = unzipSync(bytes)
  assert.deepEqual(Object.keys(files), ['[Content_Types].xml', '_rels/.rels', '3D/3dmodel.model'])

  const types = parsed(files['[Content_Types].xml'])
  assert.equal(types.attributes.xmlns, 'http://schemas.openxmlformats.org/package/2006/content-types')
  const byExtension = new Map(types.children.map(({ attributes }) => [attributes.Extension, attributes.ContentType]))
  assert.equal(byExtension.get('rels'), 'application/vnd.openxmlformats-package.relationships+xml')
  assert.equal(byExtension.get('model'), 'application/vnd.ms-package.3dmanufacturing-3dmodel+xml')

  const relations = parsed(files['_rels/.rels']).children
  const starts = relations.filter(
    ({ attributes }) => attributes.Type === 'http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel',
  )
  assert.equal(starts.length, 1)
  assert.equal(starts[0].attributes.Target, '/3D/3dmodel.model')

  const model = parsed(files['3D/3dmodel.model'])
  assert.equal(model.name, 'model')
  assert.equal(model.attributes.xmlns, core)
  assert.equal(model.attributes.unit, 'millimeter')
  const order = model.children.map(({ name }) => name)
  assert.deepEqual(order.slice(-2), ['resources', 'build'])
  assert.ok(order.slice(0, -2).every((name) => name === 'metadata'))
  const metadata = new Map(model.children.slice(0, -2).map(({ attributes, text }) => [attributes.name, text]))
  assert.equal(metadata.size, order.length - 2, 'each metadata name once')

  const [resources, build] = model.children.slice(-2)
  assert.equal(resources.children.length, 1)
  const [object] = resources.children
  assert.equal(object.attributes.type, 'model')
  assert.match(object.attributes.id, /^[1-9]\d*$/)
  assert.deepEqual(
    build.children.map(({ name, attributes }) => [name, attributes.objectid]),
    [['item', object.attributes.id]],
  )
  assert.deepEqual(
    object.children.map(({ name }) => name),
    ['mesh'],
  )
  const [vertices, triangles] = object.children[0].children
  assert.equal(vertices.name, 'vertices')
  assert.equal(triangles.name, 'triangles')
  const positions = vertices.children.flatMap(({ name, attributes }) => {
    assert.equal(name, 'vertex')
    return ['x', 'y', 'z'].map((axis) => {
      assert.match(attributes[axis], number)
      return Number(attributes[axis])
    })
  })
  const corners = triangles.children.flatMap(({ name, attributes }) => {
    assert.equal(name, 'triangle')
    const numbers = ['v1', 'v2', 'v3'].map((corner) => Number(attributes[corner]))
    assert.equal(new Set(numbers).size, 3, 'the corners of a triangle are distinct')
    assert.ok(numbers.every((v) => Number.isInteger(v) && v >= 0 && 3 * v < positions.length))
    return numbers
  })
  const mesh = { positions: Float64Array.from(positions), triangles: Uint32Array.from(corners) }
  return { mesh, metadata, name: object.attributes.name }
}

test('a package holds what the core specification demands, and the mesh to the last bit of 32', () => {
  const mesh = ring(40, 16)
  const read = checked(threeMfOf(mesh, { name: 'ear plug', metadata: { Description: 'left' } }))
  const furthest = mesh.positions.reduce((most, x, i) => Math.max(most, Math.abs(read.mesh.positions[i] - x)), 0)
  assert.ok(furthest < 2.5e-6, `${furthest} mm`) // half of what 32 bits tell apart at 38 mm, and half a nanometre
  assert.ok(read.mesh.positions.every((x) => decimal(Math.fround(x)) === String(x)))
  assert.deepEqual(read.mesh.triangles, mesh.triangles)
  assert.deepEqual(
    [...read.metadata],
    [
      ['Title', 'ear plug'],
      ['Application', 'Saudagar'],
      ['Description', 'left'],
    ],
  )
})

test('the surface is closed and outside outwards, even where vertices become one in 32 bits', () => {
  const mesh = withSplitEdges(ring(40, 16), 3, 1e-11)
  const read = checked(threeMfOf(mesh, { name: 'a' })).mesh
  assert.equal(openEdges(read), 0)
  assert.equal(read.triangles.length, 3 * 2 * 40 * 16)
  assert.ok(Math.abs(volume(read) / volume(mesh) - 1) < 1e-6)
})

test('names are text, whatever is in them', () => {
  const name = `<&>"' \u0000\u001b ear كان 👂 \ud800]]>`
  const clean = `<&>"'  ear كان 👂 \ufffd]]>`
  const read = checked(threeMfOf(ring(3, 3), { name, application: 'A & B' }))
  const plain = (text: string | undefined) =>
    text
      ?.replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&')
  assert.equal(plain(read.metadata.get('Title')), clean)
  assert.equal(plain(read.name), clean)
})

test('the same mesh gives the same bytes in each time zone', () => {
  const script = `
    import { threeMfOf } from ${JSON.stringify(new URL('three-mf.ts', import.meta.url).href)}
    import { ring } from ${JSON.stringify(new URL('shapes.ts', import.meta.url).href)}
    process.stdout.write(Buffer.from(threeMfOf(ring(9, 5), { name: 'a' })).toString('hex'))`
  const run = (TZ: string) => {
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, TZ },
    })
    assert.equal(child.status, 0, child.stderr)
    return child.stdout
  }
  assert.equal(run('Asia/Kolkata'), run('America/Los_Angeles'))
  assert.equal(run('UTC'), Buffer.from(threeMfOf(ring(9, 5), { name: 'a' })).toString('hex'))
})

test('numbers are short, and the same in 32 bits', () => {
  assert.equal(decimal(Math.fround(12.3)), '12.3')
  assert.equal(decimal(0), '0')
  let state = 7
  for (let i = 0; i < 20_000; i++) {
    state = (state * 48271) % 2147483647
    const nanometres = Math.round((state / 2147483647 - 0.5) * 10 ** ((i % 20) + 1))
    const value = Math.fround(nanometres / 1e6) + 0
    assert.equal(Math.fround(Number(decimal(value))), value)
    assert.match(decimal(value), number)
    assert.ok(decimal(value).length <= 16)
  }
})

test('a mesh without triangles is a mistake', () => {
  const mesh = { positions: Float64Array.of(0, 0, 0), triangles: new Uint32Array() }
  assert.throws(() => threeMfOf(mesh, { name: 'a' }), RangeError)
})
