import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../mesh/random.ts'
import { column, sides, stackHeight, type Wish, wrap } from './labels.ts'
import { textWidth } from './stroke-font.ts'

const wishesOf = (random: () => number, count: number): Wish[] =>
  Array.from({ length: count }, () => ({
    height: 10 + Math.floor(random() * 30),
    anchorX: 200 + random() * 600,
    // clumps and outliers, some outside the column
    anchorY: random() < 0.5 ? 300 + random() * 4 : random() * 1400 - 200,
  }))

test('over 500 random columns no label overlaps another or leaves the column', () => {
  const random = seeded(1)
  for (let round = 0; round < 500; round++) {
    const wishes = wishesOf(random, 1 + Math.floor(random() * 25))
    const need = stackHeight(wishes, 6)
    const bottom = 20 + need + random() * random() * 1000
    const tops = column(wishes, 150, 20, bottom, 6)
    const boxes = tops.map((top, i) => ({ top, bottom: top + wishes[i].height })).sort((a, b) => a.top - b.top)
    for (const [i, box] of boxes.entries()) {
      assert.ok(box.top >= 20 - 1e-6 && box.bottom <= bottom + 1e-6)
      if (i > 0) assert.ok(box.top >= boxes[i - 1].bottom + 6 - 1e-6)
    }
  }
})

test('labels with room stand exactly at the height of their anchors', () => {
  const wishes = [100, 300, 200].map((anchorY) => ({ height: 20, anchorX: 500, anchorY }))
  assert.deepEqual(column(wishes, 100, 0, 400, 5), [90, 290, 190])
})

test('two that want the same place share the shift', () => {
  const wishes = [200, 200].map((anchorY) => ({ height: 20, anchorX: 500, anchorY }))
  assert.deepEqual(column(wishes, 100, 0, 400, 10), [175, 205])
})

test('leader lines of labels next to each other do not cross', () => {
  // the higher anchor is far, the lower one near: in order of height the far one's line would cross the near one's
  const wishes: Wish[] = [
    { height: 20, anchorX: 900, anchorY: 200 },
    { height: 20, anchorX: 120, anchorY: 202 },
  ]
  const tops = column(wishes, 100, 0, 400, 60)
  const at = (i: number, x: number) => {
    const from = tops[i] + 10
    return from + ((wishes[i].anchorY - from) * (x - 100)) / (wishes[i].anchorX - 100)
  }
  assert.equal(Math.sign(tops[0] - tops[1]), Math.sign(at(0, 120) - at(1, 120)))
})

test('of many labels no side takes nearly all, and each label stands once', () => {
  const wishes = Array.from({ length: 10 }, (_, i) => ({ height: 10, anchorX: 10 + i, anchorY: i }))
  const { left, right } = sides(wishes, 500)
  assert.deepEqual(
    [...left, ...right].sort((a, b) => a - b),
    wishes.map((_, i) => i),
  )
  assert.ok(left.length <= 6 && right.length >= 4)
  assert.ok(Math.max(...left) < Math.min(...right), 'those on the left have their anchors more to the left')
})

test('no line of a broken text is wider than asked, and nothing of it is lost', () => {
  const random = seeded(3)
  const words = ['canal', 'entrance:', 'area', '97.3', 'mm²', 'Donaudampfschifffahrtsgesellschaft', 'a', '×', '12']
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 1 + Math.floor(random() * 12) }, () => words[Math.floor(random() * 9)]).join(' ')
    const widest = 3 + random() * 30
    const lines = wrap(text, widest)
    for (const line of lines) assert.ok(textWidth(line) <= widest, `${line} in ${widest}`)
    assert.equal(lines.join('').replaceAll(/\s/g, ''), text.replaceAll(' ', ''))
  }
})

test('a figure and its unit stay in one line', () => {
  assert.deepEqual(wrap('pinna height 63.2 mm', textWidth('pinna height 63.2')), ['pinna height', '63.2\u00a0mm'])
  const lines = wrap('diameters 12.1 × 9.8 mm', textWidth('diameters 12.1 ×'))
  assert.deepEqual(lines, ['diameters', '12.1\u00a0×\u00a09.8\u00a0mm'])
})
