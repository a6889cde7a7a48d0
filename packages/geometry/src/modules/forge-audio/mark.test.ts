import assert from 'node:assert/strict'
import { test } from 'node:test'
import { box, sphere } from '../../field/shapes.ts'
import { leftAway, markOn } from './mark.ts'

const onTop = { origin: [0, 0, 2] as const, x: [1, 0, 0] as const, y: [0, 1, 0] as const }

test('words stand on a flat place that is large enough, and what finds no room is said', () => {
  const plate = box([0, 0, 0], [8, 4, 2])
  const mark = markOn(plate, onTop, 'A17 L', 3, 9)
  assert.ok(mark)
  assert.deepEqual(leftAway(mark, 'A17 L'), [])
  const ball = sphere([0, 0, 0], 2)
  assert.equal(markOn(ball, onTop, 'A17 L', 3, 9), null)
  assert.deepEqual(leftAway(null, 'A17 L'), ['"A17 L" finds no room on it and is left away'])
  assert.deepEqual(leftAway(null, ''), [])
})
