import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atEnd, atLineEnd, faultOf, nextLine, nextNumber, nextWhole, skipEmptyLines, textOf } from './text.ts'

const text = (value: string) => textOf(new TextEncoder().encode(value))

/** Numbers from 0 to 1, the same each time (Lehmer, 1951). */
function random(seed: number) {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

test('a number is the double that JavaScript itself reads from it, however it is written', () => {
  const next = random(5)
  const ways = [
    (x: number) => x.toString(),
    (x: number) => x.toFixed(6),
    (x: number) => x.toExponential(Math.floor(next() * 20)),
    (x: number) => x.toPrecision(1 + Math.floor(next() * 40)),
    (x: number) => `+${Math.abs(x).toExponential().toUpperCase()}`,
    (x: number) => x.toFixed(9).replace(/\.\d*/, '.'),
  ]
  for (let i = 0; i < 60_000; i++) {
    const size = Math.floor(next() * (i % 2 === 0 ? 60 : 30) - 30) // toFixed writes exponents from 1e21 on
    const written = ways[i % ways.length]((next() - 0.5) * 10 ** size)
    const read = text(`${written} 7`)
    assert.equal(nextNumber(read), Number(written), written)
    assert.equal(nextNumber(read), 7)
  }
  for (const written of ['-0', '.5', '5.', '1e-400', '9007199254740993', '0.1e1', '123456789012345678901234567890']) {
    assert.equal(nextNumber(text(written)), Number(written), written)
  }
  assert.equal(nextNumber(text('1e999')), Infinity)
  assert.equal(nextNumber(text('-1e99999999999999')), -Infinity)
})

test('NaN and infinities as programs write them are numbers, and nothing else is', () => {
  for (const written of ['nan', '-nan', 'NaN', 'nan(0x1)', '-nan(ind)', '1.#QNAN', '-1.#IND00']) {
    const read = text(written)
    assert.ok(Number.isNaN(nextNumber(read)), written)
    assert.equal(read.fault, 'none', written)
  }
  for (const [written, value] of [
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['1.#INF', Infinity],
  ] as const) {
    assert.equal(nextNumber(text(written)), value)
  }
  for (const written of ['1,5', 'x', '-', '.', '1e', '1e+', '0x10', '1.2.3', '--1', 'nano', '1_000', '٣', 'e5']) {
    const read = text(written)
    assert.ok(Number.isNaN(nextNumber(read)), written)
    assert.equal(read.fault, 'not a number', written)
    assert.equal(read.at, 0)
  }
  const short = text('1 \n2')
  nextNumber(short)
  assert.ok(Number.isNaN(nextNumber(short)))
  assert.equal(faultOf(short), 'the line ends before it')
})

test('a number of a megabyte is refused without being looked at, in no time', () => {
  const read = textOf(new Uint8Array(1_000_000).fill(0x39))
  const start = performance.now()
  assert.ok(Number.isNaN(nextNumber(read)))
  assert.equal(faultOf(read), `"${'9'.repeat(24)}…" is not a number`)
  assert.ok(performance.now() - start < 100)
})

test('whole numbers end at a slash, and a point in them is no whole number', () => {
  const read = text('-12/7')
  assert.equal(nextWhole(read), -12)
  assert.equal(read.at, 3)
  for (const written of ['1.5', 'a', '', '+', '1e3']) assert.ok(Number.isNaN(nextWhole(text(written))), written)
})

test('lines end in three ways, and a backslash before the end continues one', () => {
  const read = text('1\r\n\r2 \\\r\n3\n \t\n4')
  const seen: [number, number][] = []
  while (skipEmptyLines(read)) {
    while (!atLineEnd(read)) seen.push([nextNumber(read), read.line])
    nextLine(read)
  }
  assert.deepEqual(seen, [
    [1, 1],
    [2, 3],
    [3, 4],
    [4, 6],
  ])
  assert.ok(atEnd(read))
})
