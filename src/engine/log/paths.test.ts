import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { entryBundle, parseTilePath, tilePath } from './paths.ts'

test('a tile is spelled as the specification spells it', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067')
  assert.equal(tilePath({ level: 1, index: 0, width: 17 }), 'tile/1/000.p/17')
  assert.equal(tilePath({ level: 'entries', index: 1000, width: 1 }), 'tile/entries/x001/000.p/1')
})

test('every tile has one path, and it is read back', () => {
  const tiles = fc.record(
    {
      level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
      index: fc.oneof(fc.nat(2000), fc.nat(Number.MAX_SAFE_INTEGER)),
      width: fc.integer({ min: 1, max: 256 }),
    },
    { noNullPrototype: true },
  )
  fc.assert(fc.property(tiles, (tile) => assert.deepEqual(parseTilePath(tilePath(tile)), tile)))
})

test('any other spelling names nothing', () => {
  const wrong = [
    'tile/0/67',
    'tile/0/0067',
    'tile/0/1234067',
    'tile/0/x000/067',
    'tile/0/x001/x234/x067',
    'tile/0/001/067',
    'tile/0/x1/067',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/000/',
    'tile/0//000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000.p/1.p/1',
    'tile/Entries/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/٠٠٠',
    '/tile/0/000',
    'tile/0/000\n',
    '',
  ]
  for (const path of wrong) assert.equal(parseTilePath(path), undefined, path)
})

test('a bundle says before each entry how long it is', () => {
  const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  assert.deepEqual(entryBundle([a, b]), Buffer.concat([Buffer.of(0, 32), a, Buffer.of(0, 32), b]))
  assert.equal(entryBundle([]).length, 0)
})
