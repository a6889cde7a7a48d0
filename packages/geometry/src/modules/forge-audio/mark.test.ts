import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subtract } from '../../field/combine.ts'
import { detailedSurface } from '../../field/detailed.ts'
import { box, sphere } from '../../field/shapes.ts'
import { bounds } from '../../mesh/mesh.ts'
import { cutPens, inked, leastCapMm, letterings, raisedPens, type Words } from './lettering.ts'
import { amongLetters, leftAway, marked, markOn, markWithin, standing } from './mark.ts'

const onTop = { origin: [0, 0, 2] as const, x: [1, 0, 0] as const, y: [0, 1, 0] as const }
const left = (id: string): Words => ({ id, side: 'L' })
const first = (words: Words, pens: readonly number[], capMm: number, widthMm: number) =>
  letterings(words, pens, capMm, widthMm).next().value ?? undefined

test('words stand on a flat place that is large enough, and what finds no room is said', () => {
  const plate = box([0, 0, 0], [8, 4, 2])
  const size = { capMm: 3, widthMm: 9, depthMm: 0.4 }
  const mark = markOn(plate, onTop, left('A17'), size)
  assert.ok(mark)
  assert.deepEqual(leftAway(mark, left('A17')), [])
  const ball = sphere([0, 0, 0], 2)
  assert.equal(markOn(ball, onTop, left('A17'), size), null)
  assert.deepEqual(leftAway(null, left('A17')), ['"A17 L" finds no room on it and is left away'])
  assert.deepEqual(leftAway(null, { id: '', side: '' }), [])
})

test('where not all words find room, what is left away is said', () => {
  const strip = box([0, 0, 0], [5.8, 2.2, 2])
  const size = { capMm: 3, widthMm: 14, depthMm: 0.4 }
  const mark = markOn(strip, onTop, left('ABC1'), size)
  assert.equal(mark?.text, 'ABC1')
  assert.deepEqual(leftAway(mark, left('ABC1')), [
    'of "ABC1 L" only "ABC1" finds room on it, and the rest is left away',
  ])
  assert.equal(markOn(strip, onTop, left('WWWWWW'), size)?.text, 'L')
})

test('words are never wider or taller than said, nor smaller than is legible', () => {
  for (const pens of [cutPens, raisedPens]) {
    for (const id of ['', 'A17', 'gjpq', 'ABC123', 'WWWWWW', 'a-b Z']) {
      for (const widthMm of [4, 9, 14]) {
        for (const { strokes, text, penMm, width, height } of letterings(left(id), pens, 3, widthMm)) {
          const [across, up] = [0, 1].map((k) => strokes.flat().map((point) => point[k]))
          const reaches = (values: number[]) => Math.max(...values) - Math.min(...values) + penMm
          assert.ok(reaches(across) <= widthMm + 1e-9 && reaches(across) <= width + 1e-9, `${text}: ${reaches(across)}`)
          assert.ok(reaches(up) <= height + 1e-9, `${text} is ${reaches(up)} mm tall`)
          assert.ok(height >= leastCapMm(penMm) + penMm - 1e-9)
        }
      }
    }
  }
  const heightOf = (capMm: number) => first(left('A17'), cutPens, capMm, 20)!.height
  assert.ok(Math.abs(heightOf(3) - 3.4) < 1e-9 && Math.abs(heightOf(2) - 2.4) < 1e-9)
})

test('each letter stands by itself and keeps its counters, down to the smallest', () => {
  for (const penMm of new Set([...cutPens, ...raisedPens])) {
    const lettering = first({ id: 'B8DR', side: '' }, [penMm], leastCapMm(penMm), 40)!
    // the ground beside them and their counters: two of B and 8 each, one of D and R each
    assert.deepEqual(piecesOf(inked(lettering), lettering), { letters: 4, grounds: 7 }, `a pen of ${penMm} mm`)
  }
})

test('what fits neither in a line nor with a thinner pen is broken into two', () => {
  const lines = (id: string, widthMm: number) => {
    const { text, penMm, height } = first(left(id), cutPens, 3, widthMm)!
    return [text, penMm, height > 4.4]
  }
  assert.deepEqual(lines('A17', 12), ['A17 L', 0.4, false])
  assert.deepEqual(lines('A17', 7), ['A17 L', 0.4, true])
  assert.deepEqual(lines('ABC123', 11), ['ABC123 L', 0.3, true])
  assert.deepEqual(lines('WWWWWW', 11), ['WWWWWW L', 0.4, true])
  assert.deepEqual(lines('WWWWWW', 9), ['WWWWWW', 0.4, true])
})

test('cut letters are as deep as said, and raised ones stand on a sloping ground as high as said', () => {
  const plate = box([0, 0, 0], [8, 4, 2])
  const cut = markOn(plate, onTop, left('A1'), { capMm: 3, widthMm: 14, depthMm: 0.4 })!
  const engraved = marked(plate, cut, 0.4)
  const inLetter = [-3, -2.5, -2, -1.5].some((x) => engraved(x, 0, 1.65) > 0 && engraved(x, 0, 1.55) < 0)
  assert.ok(inLetter)

  const tilted = (x: number, _: number, z: number) => -(z - 0.3 * x) / Math.hypot(1, 0.3)
  const hollow = (x: number, y: number, z: number) => Math.max(tilted(x, y, z), box([0, 0, 5], [7, 5, 8])(x, y, z))
  const tub = subtract(box([0, 0, 0], [8, 6, 5]), hollow)
  const ground = { ...onTop, origin: [0, 0, 0] as const }
  const size = { capMm: 3, widthMm: 14, depthMm: 0.5 }
  const off = (x: number) => 4 - x
  const raised = markWithin(tub, hollow, ground, [0, 0, 1], left('A1'), size, off)!
  assert.equal(raised.text, 'A1 L')
  assert.ok(raised.detail.frame.origin[0] + raised.detail.half[0] < 4.3, 'it keeps off what it has to')
  const body = standing(tub, raised, 0.5)
  const made = detailedSurface(body, { min: [-9, -7, -6], max: [9, 7, 6] }, 0.35, 1.6, raised.detail)
  const heights = []
  for (let n = 0; n < made.positions.length; n += 3) {
    const [x, y, z] = made.positions.subarray(n, n + 3)
    if (amongLetters(raised, [x, y, z])) heights.push(-tilted(x, y, z))
  }
  const most = heights.reduce((a, b) => Math.max(a, b))
  assert.ok(Math.abs(most - 0.5) < 0.05, `they stand ${most} mm high`)
  assert.deepEqual(bounds(made).max.map(Math.round), [8, 6, 5])
})

/** How many pieces the letters have, and how many the ground that is left between and in them. */
function piecesOf(region: (x: number, y: number) => number, { width, height }: { width: number; height: number }) {
  const cell = 0.04
  const columns = Math.ceil((width + 0.4) / cell)
  const rows = Math.ceil((height + 0.4) / cell)
  const isInk = Uint8Array.from({ length: columns * rows }, (_, n) =>
    region((n % columns) * cell - width / 2 - 0.2, Math.floor(n / columns) * cell - height / 2 - 0.2) < 0 ? 1 : 0,
  )
  const seen = new Uint8Array(isInk.length)
  const found = [0, 0]
  for (let from = 0; from < isInk.length; from++) {
    if (seen[from]) continue
    found[isInk[from]]++
    const stack = [from]
    seen[from] = 1
    while (stack.length > 0) {
      const n = stack.pop()!
      const column = n % columns
      const beside = [column > 0 ? n - 1 : -1, column < columns - 1 ? n + 1 : -1, n - columns, n + columns]
      for (const to of beside) {
        if (to < 0 || to >= isInk.length || seen[to] || isInk[to] !== isInk[from]) continue
        seen[to] = 1
        stack.push(to)
      }
    }
  }
  return { letters: found[1], grounds: found[0] }
}
