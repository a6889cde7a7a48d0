import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { printable, typeset } from './typeset.ts'

const face = { size: 9, weight: 'regular' } as const
const lines = (text: string, width = 200) => typeset(text, face, width)
const visual = (text: string) => lines(text)[0]!.runs.map((run) => run.text)
const fonts = (text: string) => [
  ...new Set(lines(text).flatMap(({ runs }) => runs.map((run) => run.font.postscriptName))),
]

// what strangers type: any code points at all, halves of surrogate pairs among them
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
)

test('no text breaks the page: every line fits its column, unless one character alone does not', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 20, max: 300 }), (text, width) => {
      for (const line of lines(text, width)) {
        assert.doesNotMatch(line.text, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
        assert.ok(line.text.isWellFormed())
        assert.ok(
          line.width <= width * 1.02 || Array.from(line.text).length <= 12,
          `${line.width} of ${width}: ${line.text}`,
        )
      }
    }),
  )
})

test('what fontkit fails at in one font is set in another, or letter by letter', () => {
  const from = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => String.fromCodePoint(first + i))
  for (const letters of [from(0x600, 0x100), from(0xa980, 0x60)]) {
    const marks = letters.filter((letter) => /\p{M}/u.test(letter))
    for (const text of letters.flatMap((letter) => [letter, ...marks.map((mark) => letter + mark)]))
      for (const { runs } of lines(text))
        for (const { text: word, font } of runs) assert.ok(font.layout(word).advanceWidth >= 0, text)
  }
  assert.deepEqual(fonts('ڢ'), ['UnifontExMono'])
  assert.equal(lines('فِكرة')[0]?.text, 'فِكرة')
})

test('every character of a text is printed, or a sign that it cannot be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 300 }), (text) => {
      const words = (text: string) => text.replaceAll(' ', '')
      const printed = lines(text, 80).map((line) => line.text)
      assert.equal(words(printed.join('')), words(printable(text)))
    }),
  )
  assert.equal(lines('a\u{10ffff}\ue000b\ud800')[0]?.text, 'a\ufffd\ufffdb\ufffd')
})

test('a text that says how to read what follows says nothing', () => {
  assert.equal(printable('Kursi\u202e 000.1 pR'), 'Kursi 000.1 pR')
  assert.equal(printable(' a\u0000b\u0007c\r\nd\te\u2028f\u200b\ufeff '), 'abc d e f')
  assert.equal(printable(`Z${'\u0301\u0316'.repeat(60)}algo`).length, 9)
  assert.equal(printable('Rp\u00a05'), 'Rp\u00a05')
  assert.equal(printable('<b>Kursi & "Meja"</b>'), '<b>Kursi & "Meja"</b>')
})

test('words stay whole where a line can hold them', () => {
  const text = 'Lemari pakaian tiga pintu dengan cermin'
  const words = lines(text, 70).map((line) => line.text)
  assert.ok(words.length > 2)
  assert.equal(words.join(' '), text)
  const long = lines('Meja ' + 'W'.repeat(100), 70).map((line) => line.text)
  assert.equal(long[0], 'Meja')
  assert.equal(long.slice(1).join(''), 'W'.repeat(100))
})

test('scripts of names have a font each, and what is left the last one', () => {
  assert.deepEqual(fonts('Siti Ćević Жанна Ωμέγα नमस्ते Nguyễn Thị'), ['NotoSans-Regular'])
  assert.deepEqual(fonts('محمد'), ['NotoSansArabic-Regular'])
  assert.deepEqual(fonts('ꦗꦮ'), ['NotoSansJavanese-Regular'])
  assert.deepEqual(fonts('🪑😀👨‍👩‍👧'), ['NotoEmoji-Regular'])
  assert.deepEqual(fonts('陈伟日本語한국어עברית'), ['UnifontExMono'])
})

test('what is read from the right stands so, its numbers and brackets the way they are read', () => {
  assert.deepEqual(visual('Ahmad محمد علي Ali'), ['Ahmad ', 'علي', ' ', 'محمد', ' Ali'])
  // letters that their font turns by itself are handed to it in reading order, all others are turned here
  assert.deepEqual(visual('שלום (12)'), ['(', '12', ') ', 'םולש'])
})

test('the last font, of sixty thousand characters, is unpacked once and not for each of them', () => {
  const { user } = process.cpuUsage()
  for (let i = 0; i < 200; i++) lines(String.fromCodePoint(0x4e00 + i * 100))
  assert.ok(process.cpuUsage().user - user < 4_000_000)
})
