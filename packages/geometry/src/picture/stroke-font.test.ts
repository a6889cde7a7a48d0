import assert from 'node:assert/strict'
import { test } from 'node:test'
import { glyphs, unknownGlyph } from './glyphs.ts'
import { descent, strokesOf, textWidth } from './stroke-font.ts'

const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('') + '°²×±–…'

test('every printable character has strokes of its own, and none is the empty frame', () => {
  const seen = new Map<string, string>()
  for (const character of printable) {
    const { strokes } = strokesOf(character)
    assert.ok(strokes.length > 0 && strokes.every((stroke) => stroke.length >= 2), character)
    assert.notEqual(glyphs[character], unknownGlyph)
    const drawn = JSON.stringify(strokes)
    assert.equal(seen.get(drawn), undefined, `${character} looks like ${seen.get(drawn)}`)
    seen.set(drawn, character)
  }
})

test('letters keep within their width, below 1.2 and above the descent', () => {
  for (const character of Object.keys(glyphs)) {
    const { strokes, width } = strokesOf(character)
    for (const [x, y] of strokes.flat()) {
      assert.ok(x >= 0 && x <= width + 1e-9, `${character}: ${x} of ${width}`)
      assert.ok(y >= -descent && y <= 1.2, `${character}: ${y}`)
    }
  }
})

test('capitals and figures are exactly 1 high and stand on the line, J and Q aside', () => {
  for (const character of 'ABCDEFGHIKLMNOPRSTUVWXYZ0123456789') {
    const heights = strokesOf(character)
      .strokes.flat()
      .map(([, y]) => y)
    assert.ok(Math.abs(Math.max(...heights) - 1) < 1e-9 && Math.abs(Math.min(...heights)) < 1e-9, character)
  }
})

test('figures are equally wide, so that numbers stand in columns, within a twentieth', () => {
  for (const figure of '0123456789') assert.ok(Math.abs(strokesOf(figure).width - 0.6) <= 0.05, figure)
})

test('curves have no corners that a cutter would feel', () => {
  for (const character of 'OCSeo069') {
    for (const stroke of strokesOf(character).strokes) {
      if (stroke.length < 12) continue
      for (let i = 2; i < stroke.length; i++) {
        const [a, b, c] = [stroke[i - 2], stroke[i - 1], stroke[i]]
        const bend = Math.atan2(
          (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]),
          (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]),
        )
        const straightInto = character === 'e' && i <= 2 // its bar meets its bow at a right angle
        assert.ok(straightInto || Math.abs(bend) < 0.35, `${character} bends by ${bend} at ${b.join(', ')}`)
      }
    }
  }
})

test('a text is as wide as it is said to be, and its letters follow one another', () => {
  const text = 'L-00472 ±0.2 mm²'
  const { strokes, width } = strokesOf(text)
  assert.equal(textWidth(text), width)
  const right = Math.max(...strokes.flat().map(([x]) => x))
  assert.ok(Math.abs(right - width) < 1e-9)
  assert.deepEqual(strokesOf(''), { strokes: [], width: 0 })
})

test('a letter with an accent is drawn without it, and what is not known as a frame', () => {
  assert.deepEqual(strokesOf('é'), strokesOf('e'))
  assert.equal(strokesOf('漢').strokes.length, 1)
  assert.ok(strokesOf('漢').width > 0)
})
