import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { rootOf as rootByPath } from '../../verifier/tree.ts'
import {
  append,
  consistencyPath,
  edgeTiles,
  emptyRoot,
  inclusionPaths,
  isConsistent,
  leafHash,
  rootOf,
} from './tree.ts'
import type { ReadTiles, Tile } from './tree.ts'

/** RFC 6962, section 2.1, as it stands there: slow, and sharing nothing with what it checks. */
const sha = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const split = (n: number) => 2 ** (Math.ceil(Math.log2(n)) - 1)
const known = new Map<string, Buffer>()
function mth(entries: Buffer[], from = 0, to = entries.length): Buffer {
  if (to === from) return sha(Buffer.alloc(0))
  if (to - from === 1) return sha(Buffer.of(0), entries[from]!)
  const k = from + split(to - from)
  return sha(Buffer.of(1), mth(entries, from, k), mth(entries, k, to))
}
/** For many trees over the same entries. */
function mthOfMany(from: number, to: number): Buffer {
  const key = `${from} ${to}`
  if (!known.has(key)) {
    const k = from + split(to - from)
    const root =
      to - from === 1 ? sha(Buffer.of(0), many[from]!) : sha(Buffer.of(1), mthOfMany(from, k), mthOfMany(k, to))
    known.set(key, root)
  }
  return known.get(key)!
}
function path(m: number, from: number, to: number): Buffer[] {
  if (to - from === 1) return []
  const k = split(to - from)
  return m < k
    ? [...path(m, from, from + k), mthOfMany(from + k, to)]
    : [...path(m - k, from + k, to), mthOfMany(from, from + k)]
}
function subproof(m: number, from: number, to: number, isWhole: boolean): Buffer[] {
  if (m === to - from) return isWhole ? [] : [mthOfMany(from, to)]
  const k = split(to - from)
  return m <= k
    ? [...subproof(m, from, from + k, isWhole), mthOfMany(from + k, to)]
    : [...subproof(m - k, from + k, to, false), mthOfMany(from, from + k)]
}

/** RFC 9162, 2.1.3.2 and 2.1.4.2, with bit operations as written there. */
function rfcIncludes(leaf: Buffer, index: number, size: number, proof: Buffer[], root: Buffer): boolean {
  let [fn, sn, r] = [index, size - 1, leaf]
  if (index >= size) return false
  for (const p of proof) {
    if (sn === 0) return false
    if ((fn & 1) === 1 || fn === sn) {
      r = sha(Buffer.of(1), p, r)
      while ((fn & 1) === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else r = sha(Buffer.of(1), r, p)
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  return sn === 0 && r.equals(root)
}
function rfcConsistent(first: number, firstRoot: Buffer, second: number, secondRoot: Buffer, proof: Buffer[]): boolean {
  if (first === second) return proof.length === 0 && firstRoot.equals(secondRoot)
  const rest = (first & (first - 1)) === 0 ? [firstRoot, ...proof] : [...proof]
  let [fn, sn] = [first - 1, second - 1]
  while ((fn & 1) === 1) [fn, sn] = [fn >> 1, sn >> 1]
  let [fr, sr] = [rest[0]!, rest[0]!]
  for (const c of rest.slice(1)) {
    if (sn === 0) return false
    if ((fn & 1) === 1 || fn === sn) {
      fr = sha(Buffer.of(1), c, fr)
      sr = sha(Buffer.of(1), c, sr)
      while ((fn & 1) === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else sr = sha(Buffer.of(1), sr, c)
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot)
}

const most = 70_000
const many = Array.from({ length: most }, (_, i) => Buffer.from(`entry ${i}`))

/** Tiles in memory, and who asked for which. */
function createTiles() {
  const tiles = new Map<string, Buffer>()
  const asked: Tile[] = []
  let [size, edge] = [0, [] as Buffer[]]
  const read: ReadTiles = async (wanted) => {
    asked.push(...wanted)
    return wanted.map(({ level, index, width }) => {
      const tile = tiles.get(`${level}/${index}`)
      assert.ok(tile && tile.length >= 32 * width, `tile ${level}/${index} of ${width} is there`)
      return tile.subarray(0, 32 * width)
    })
  }
  const add = (entries: Buffer[]) => {
    const grown = append(size, edge, Buffer.concat(entries.map(leafHash)))
    for (const { level, index, hashes } of grown.tiles) {
      const before = tiles.get(`${level}/${index}`)
      assert.ok(!before || hashes.subarray(0, before.length).equals(before), 'a tile only grows')
      tiles.set(`${level}/${index}`, Buffer.from(hashes))
    }
    ;({ size, edge } = grown)
    return grown
  }
  return { tiles, asked, read, add }
}

const bytes = (buffer: Buffer) => Uint8Array.from(buffer)
const hex = (text: string) => Buffer.from(text, 'hex')

test('roots are those of the reference implementation of Certificate Transparency', async () => {
  const entries = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map(hex)
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]
  assert.equal(emptyRoot.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  const { add, read } = createTiles()
  for (const [i, entry] of entries.entries()) {
    assert.equal(add([entry]).root.toString('hex'), roots[i])
    assert.equal((await rootOf(i + 1, read)).toString('hex'), roots[i])
    assert.equal(mth(entries.slice(0, i + 1)).toString('hex'), roots[i])
  }
  // the same implementation's proof that 6 became 8
  assert.deepEqual(
    (await consistencyPath(6, 8, read)).map((hash) => hash.toString('hex')),
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  )
})

test('a tree that grows leaf by leaf has the root of RFC 6962 at every size up to 600, and every proof of it', async () => {
  const { add, read } = createTiles()
  assert.ok((await rootOf(0, read)).equals(emptyRoot))
  for (let size = 1; size <= 600; size++) {
    const { root } = add([many[size - 1]!])
    assert.ok(root.equals(mthOfMany(0, size)), `${size}`)
    // all at once near the borders of tiles, else a few
    const isBorder = size < 20 || [255, 256, 257, 511, 512, 513, 600].includes(size)
    const of = isBorder ? [...Array(size).keys()] : [0, Math.floor(size / 3), size - 1]
    const paths = await inclusionPaths(of, size, read)
    for (const [i, index] of of.entries()) assert.deepEqual(paths[i], path(index, 0, size), `${index} of ${size}`)
    for (const old of of.slice(1)) {
      assert.deepEqual(await consistencyPath(old, size, read), subproof(old, 0, size, true), `${old} to ${size}`)
    }
  }
})

test('however leaves are bundled, the tiles and the root are the same', async () => {
  const whole = createTiles()
  const { root } = whole.add(many)
  assert.ok(root.equals(mthOfMany(0, most)))
  const widths = [...whole.tiles].map(([key, hashes]) => [key, hashes.length / 32] as const)
  // the example of the specification: 273 full tiles and one of 112 hold the leaves
  assert.equal(widths.filter(([key, width]) => key.startsWith('0/') && width === 256).length, 273)
  assert.deepEqual(
    widths.filter(([, width]) => width !== 256),
    [
      ['0/273', 112],
      ['1/1', 17],
      ['2/0', 1],
    ],
  )
  for (const bundles of [
    [1, 255, 1, 255, 256, 65_000],
    [65_535, 1, 1],
    [300, 4096, 4096, 60_000],
  ]) {
    const { tiles, add } = createTiles()
    let at = 0
    for (const n of [...bundles, most]) {
      const next = many.slice(at, at + n)
      at += next.length
      assert.ok(add(next).root.equals(mthOfMany(0, at)), `${at}`)
    }
    assert.deepEqual(Object.fromEntries(tiles), Object.fromEntries(whole.tiles))
  }
})

test('adding to a large tree touches its right edge and nothing else', () => {
  for (const size of [255, 256, 65_535, 65_536, 16_777_216 - 1, 2 ** 40 + 12_345]) {
    const edge = edgeTiles(size).map(({ width }) => Buffer.alloc(32 * width, 7))
    const { tiles } = append(size, edge, Buffer.alloc(32 * 300, 1))
    const first = Math.floor(size / 256)
    assert.ok(tiles.length <= 2 + 7, `${size}: ${tiles.length} tiles`)
    for (const { level, index } of tiles) assert.ok(index >= Math.floor(first / 256 ** level), `${level}/${index}`)
  }
})

test('every proof convinces whoever follows RFC 9162, and changed ones convince nobody', async () => {
  const { add, read, asked } = createTiles()
  add(many)
  const trees = fc
    .record({ size: fc.integer({ min: 1, max: most }), a: fc.nat(), flip: fc.nat(), bit: fc.nat({ max: 255 }) })
    .map(({ size, a, ...rest }) => ({ size, index: a % size, ...rest }))
  await fc.assert(
    fc.asyncProperty(trees, async ({ size, index, flip, bit }) => {
      const root = mthOfMany(0, size)
      assert.ok((await rootOf(size, read)).equals(root))
      const leaf = leafHash(many[index]!)

      asked.length = 0
      const [proof] = await inclusionPaths([index], size, read)
      assert.ok(asked.length <= 6, 'a proof is in a few tiles')
      assert.ok(rfcIncludes(leaf, index, size, proof!, root))
      assert.deepEqual(await rootByPath(bytes(leaf), index, size, proof!.map(bytes)), bytes(root))

      const old = { size: index + 1, root: mthOfMany(0, index + 1) }
      const grown = await consistencyPath(old.size, size, read)
      assert.ok(rfcConsistent(old.size, old.root, size, root, grown))
      assert.ok(isConsistent(old, { size, root }, grown))
      assert.ok(!isConsistent(old, { size, root }, [...grown, root]))
      assert.ok(!isConsistent(old, { size, root: leafHash(root) }, grown))
      assert.ok(!isConsistent({ ...old, root: leafHash(root) }, { size, root }, grown))

      const changed = (hashes: Buffer[]) =>
        hashes.map((hash, i) => {
          const copy = Buffer.from(hash)
          if (i === flip % hashes.length) copy[bit >> 3]! ^= 1 << (bit & 7)
          return copy
        })
      if (proof!.length > 0) {
        const elsewhere = await rootByPath(bytes(leaf), index, size, changed(proof!).map(bytes))
        assert.notDeepEqual(elsewhere, bytes(root))
      }
      if (grown.length > 0) assert.ok(!isConsistent(old, { size, root }, changed(grown)))
    }),
    { numRuns: 300 },
  )
})

test('an earlier tree that is larger, or empty, is consistent with none', () => {
  const root = Buffer.alloc(32)
  assert.ok(!isConsistent({ size: 2, root }, { size: 1, root }, []))
  assert.ok(!isConsistent({ size: 0, root }, { size: 1, root }, []))
  assert.ok(isConsistent({ size: 1, root }, { size: 1, root }, []))
})
