import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import * as fc from 'fast-check'
import { readCsv } from './csv-reader.ts'
import type { CsvFault, CsvRow } from './csv-reader.ts'
import { defuse, restore } from './defuse.ts'
import { priceReader } from './prices.ts'
import { FileRefused } from './record.ts'

async function read(text: string | Uint8Array, size = 7) {
  const bytes = Buffer.from(text)
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const rows: (CsvRow | CsvFault)[] = []
  for await (const row of readCsv(pieces())) rows.push(row)
  return rows
}

const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'é', '😀') }),
)

test('any valid CSV is read as csv-parse reads it, however it is cut', async () => {
  const tables = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }))
  await fc.assert(
    fc.asyncProperty(
      tables,
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
      async (table, end, size) => {
        const text = stringify(table, { record_delimiter: end, quoted_match: /[\r\n]/ })
        fc.pre(!text.includes('\0') && !text.startsWith('\ufeff'))
        const cells = (await read(text, size)).map((row) => ('cells' in row ? row.cells : row.fault))
        assert.deepEqual(cells, parse(text, { record_delimiter: end }))
      },
    ),
  )
})

test('a row knows the line on which it begins, line breaks in cells counted', async () => {
  const rows = await read('h,t\r\n1,"a\r\nb\nc"\r\n\r\n2,x\r\n3,"y\n"\n4,z')
  assert.deepEqual(
    rows.map((row) => row.line),
    [1, 2, 6, 7, 9],
  )
})

test('a stray quote costs its own line and no other', async () => {
  const rows = await read('h,t\n1,"bad"x\n2,b\n3,c"d\n4,"fine, ""really"""\n5,"open\n6,e\n7,"ok"\n8,f')
  assert.deepEqual(
    rows.filter((row) => 'fault' in row).map((row) => row.line),
    [2, 4, 6],
  )
  assert.deepEqual(
    rows.flatMap((row) => ('cells' in row ? row.cells[0]! : [])),
    ['h', '2', '4', '6', '7', '8'],
  )
})

test('a row with too many cells is told of, one with too few is filled up later', async () => {
  const rows = await read('h,t\n1,2,3\n4\n5,6')
  assert.deepEqual(rows, [
    { line: 1, cells: ['h', 't'] },
    { line: 2, fault: '3 cells, where the first line has 2' },
    { line: 3, cells: ['4'] },
    { line: 4, cells: ['5', '6'] },
  ])
})

test('a quote that is never closed takes no more memory than a record may', async () => {
  const rows = await read(`h,t\n1,"open\n${'2,a row of some length\n'.repeat(60_000)}3,c`, 65_536)
  assert.equal(rows.filter((row) => 'fault' in row).length, 1)
  assert.equal(rows.length, 60_003)
  assert.deepEqual(rows.at(-1), { line: 60_003, cells: ['3', 'c'] })
})

test('bytes that are no UTF-8 become NUL, a true U+FFFD stays', async () => {
  const bytes = Buffer.concat([
    Buffer.from('\ufeffh,\ufffd\n'),
    Buffer.of(0x31, 0x2c, 0xff, 0xc3, 0x0a),
    Buffer.from('2,é😀'),
  ])
  assert.deepEqual(await read(bytes, 5), [
    { line: 1, cells: ['h', '\ufffd'] },
    { line: 2, cells: ['1', '\0\0'] },
    { line: 3, cells: ['2', 'é😀'] },
  ])
})

test('UTF-16 is refused by name', async () => {
  await assert.rejects(
    read(Buffer.from('\ufeffHandle,Title\n', 'utf16le')),
    (error) => error instanceof FileRefused && /UTF-16/.test(error.message),
  )
})

test('every text comes back through the defusing of formulas, and none begins one', () => {
  const text = fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', 'a', '1') })
  fc.assert(
    fc.property(text, (cell) => {
      assert.equal(restore(defuse(cell)), cell)
      assert.doesNotMatch(defuse(cell), /^[=+\-@\t\r]/)
    }),
  )
})

test('prices are turned by the rate exactly, and rounded once, half up', () => {
  const rupees = priceReader(2, '83.5')
  assert.equal(rupees('9.99'), 83_417) // 834.165
  assert.equal(rupees('0'), 0)
  assert.equal(priceReader(2)('19.995'), 2000)
  assert.equal(priceReader(0, '16250.75')('9.99'), 162_345)
  assert.equal(priceReader(2, '0.1')('0.15'), 2) // 0.015: a double has less
  assert.equal(priceReader(2)('1.005'), 101) // 1.00499999999999989… as a double
  for (const text of ['', '-1', '1,299', '$5', '1e3', 'NaN', '٣', '99999999999999']) {
    assert.equal(priceReader(2, '999')(text), null, text)
  }
  for (const rate of ['0', '-1', '', '1,5', 'x']) assert.throws(() => priceReader(2, rate), RangeError)
})
