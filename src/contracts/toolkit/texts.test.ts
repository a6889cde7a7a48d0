import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonWithHole } from './texts.ts'

test('the JSON of a thing is made once, and the one member put in anew', () => {
  let made = 0
  const toText = jsonWithHole((item: { name: string }) => {
    made++
    return { name: item.name, stock: null, more: [1] }
  }, 'stock')
  const item = { name: 'a table called "stock":null' }
  assert.deepEqual(JSON.parse(toText(item, 3)), { name: item.name, stock: 3, more: [1] })
  assert.deepEqual(JSON.parse(toText(item, '"none"')), { name: item.name, stock: 'none', more: [1] })
  assert.equal(made, 1)
})
