import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sweep } from './sweep.ts'

class Outage extends Error {}

/** Items as "service:what happens"; @returns those that were worked on, and what was thrown in the end */
async function swept(...items: string[]) {
  const tried: string[] = []
  const work = (item: string) => {
    tried.push(item)
    if (item.includes('down')) throw new Outage(item)
    if (item.includes('bug')) throw new TypeError(item)
    return Promise.resolve()
  }
  const serviceOf = (item: string) => item.split(':')[0]!
  const end = await sweep(
    items,
    serviceOf,
    (error) => error instanceof Outage,
    async (item) => work(item),
  ).then(
    () => [],
    (error: AggregateError) => error.errors.map((one: Error) => one.message),
  )
  return { tried, end }
}

test('what goes wrong with one is told at the end, and keeps none of the others from their turn', async () => {
  const items = ['a:bug 1', 'a:fine', 'b:bug 2', 'b:fine']
  assert.deepEqual(await swept(...items), { tried: items, end: ['a:bug 1', 'b:bug 2'] })
})

test('a service that is down thrice in a row is left alone, the others are not', async () => {
  const { tried, end } = await swept('a:down', 'a:down', 'b:down', 'a:down', 'a:fine', 'b:fine')
  assert.deepEqual([tried, end], [['a:down', 'a:down', 'b:down', 'a:down', 'b:fine'], []])
})

test('a service that answers between its outages is not down', async () => {
  const items = ['a:down', 'a:down', 'a:fine', 'a:down', 'a:down', 'a:fine']
  assert.deepEqual(await swept(...items), { tried: items, end: [] })
})
