import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { auditPath, checkpointOf, logProofOf, treeHash } from '../../test/support/proof-files.ts'
import { toHex } from './bytes.ts'
import { agree, leafHash, nodeHash, readLogProof, rootOf } from './tree.ts'

const hex = (bytes: Uint8Array | undefined) => bytes && toHex(bytes)
const bytes = (buffer: Buffer) => Uint8Array.from(buffer)
const leaves = (count: number, word = 'leaf') => Array.from({ length: count }, (_, i) => Buffer.from(`${word} ${i}`))

// published with RFC 6962's reference implementation (certificate-transparency, merkletree/merkle_tree_test.cc)
const published = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const publishedRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('roots are those published for RFC 6962', async () => {
  const entries = published.map((entry) => Buffer.from(entry, 'hex'))
  for (const [i, root] of publishedRoots.entries()) {
    const tree = entries.slice(0, i + 1)
    assert.equal(treeHash(tree).toString('hex'), root)
    for (const [index, entry] of tree.entries()) {
      const path = auditPath(index, tree).map(bytes)
      assert.equal(hex(await rootOf(await leafHash(bytes(entry)), index, tree.length, path)), root)
    }
  }
})

test('a leaf and a node of the same bytes are told apart', async () => {
  const [a, b] = [await leafHash(Uint8Array.of(1)), await leafHash(Uint8Array.of(2))]
  const both = new Uint8Array([...a, ...b])
  assert.notEqual(hex(await leafHash(both)), hex(await nodeHash(a, b)))
})

test('every entry of every log has a path to its root, and no other place or size has', async () => {
  const place = fc.integer({ min: 1, max: 70 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)))
  await fc.assert(
    fc.asyncProperty(place, fc.nat(80), fc.nat(80), async ([size, index], otherIndex, otherSize) => {
      const tree = leaves(size)
      const path = auditPath(index, tree).map(bytes)
      const leaf = await leafHash(bytes(tree[index]!))
      const root = treeHash(tree).toString('hex')
      assert.equal(hex(await rootOf(leaf, index, size, path)), root)
      if (otherIndex !== index) assert.notEqual(hex(await rootOf(leaf, otherIndex, size, path)), root)
      assert.equal(await rootOf(leaf, index, size, [...path, leaf]), undefined, 'a longer path')
      if (path.length > 0) assert.equal(await rootOf(leaf, index, size, path.slice(0, -1)), undefined, 'a shorter path')
      if (otherSize <= index) assert.equal(await rootOf(leaf, index, otherSize, path), undefined, 'outside')
    }),
    { numRuns: 300 },
  )
})

test('one hash of a path changed leads elsewhere', async () => {
  const tree = leaves(37)
  const path = auditPath(20, tree).map(bytes)
  for (const [i, hash] of path.entries()) {
    const changed = path.with(i, hash.with(7, hash[7]! ^ 1))
    assert.notEqual(
      hex(await rootOf(await leafHash(bytes(tree[20]!)), 20, 37, changed)),
      treeHash(tree).toString('hex'),
    )
  }
})

async function met(tree: Buffer[], index: number) {
  const subtrees = new Map<string, string>()
  await rootOf(await leafHash(bytes(tree[index]!)), index, tree.length, auditPath(index, tree).map(bytes), subtrees)
  return subtrees
}

test('two views of a growing log agree, whatever was added; of what is full in both, nothing may differ', async () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.nat(1000), fc.nat(1000))
  await fc.assert(
    fc.asyncProperty(sizes, async ([size, more, a, b]) => {
      const [older, newer] = [leaves(size), leaves(size + more)]
      assert.ok(agree(await met(older, a % size), await met(newer, b % (size + more))))
    }),
    { numRuns: 300 },
  )
})

test('a log that was rewritten is found by what two inclusion proofs have in common', async () => {
  const rewritten = leaves(16).with(2, Buffer.from('another'))
  assert.ok(!agree(await met(leaves(8), 7), await met(rewritten, 9)))
  assert.ok(!agree(await met(leaves(8), 3), await met(rewritten, 3)))
})

test('every hash that is noted as a full subtree is one', async () => {
  for (const size of [1, 2, 3, 6, 7, 8, 13, 33]) {
    for (let index = 0; index < size; index++) {
      for (const [place, hash] of await met(leaves(size), index)) {
        const [level, at] = place.split(':').map(Number) as [number, number]
        const part = leaves(size).slice(at * 2 ** level, (at + 1) * 2 ** level)
        assert.equal(part.length, 2 ** level)
        assert.equal(treeHash(part).toString('hex'), hash, `${place} of ${size}`)
      }
    }
  }
})

test('a proof of inclusion is read in one form only', () => {
  const whole = logProofOf(2, { leaves: leaves(5) })
  const read = readLogProof(whole)!
  assert.deepEqual([read.index, read.path.length, read.checkpoint.size], [2, 3, 5])
  const wrong = {
    'another version': whole.replace('@v1', '@v2'),
    'extra data': whole.replace('index', 'extra YQ==\nindex'),
    'no index': whole.replace('index 2\n', ''),
    'an index with a zero before it': whole.replace('index 2', 'index 02'),
    'a negative index': whole.replace('index 2', 'index -2'),
    'an index beyond 2^53': whole.replace('index 2', 'index 9007199254740993'),
    'a hash of 31 bytes': whole.replace(/\n[\w+/]{43}=\n/, `\n${Buffer.alloc(31).toString('base64')}\n`),
    'an empty line in the path': whole.replace(/index 2\n/, 'index 2\n\n'),
    'carriage returns': whole.replaceAll('\n', '\r\n'),
    'no newline at its end': whole.slice(0, -1),
    'a path of 54': whole.replace('index 2\n', `index 2\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(54)}`),
    '33 signatures': whole + whole.slice(whole.lastIndexOf('\u2014')).repeat(32),
    'a checkpoint alone': checkpointOf({ leaves: leaves(5) }),
    nothing: '',
  }
  for (const [name, text] of Object.entries(wrong)) assert.equal(readLogProof(text), undefined, name)
})
