import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { shared } from './sharing.ts'

/** What is asked, and how to answer it. */
function desk(gatherMs = 0) {
  const asked: { key: string; items: number[]; answer: (text: string) => void; fail: (error: Error) => void }[] = []
  const ask = shared(
    (key, items: number[]) =>
      new Promise<string>((answer, fail) => {
        asked.push({ key, items, answer, fail })
      }),
    gatherMs,
  )
  /** until so many questions were asked */
  const questions = async (count: number) => {
    while (asked.length < count) await new Promise(setImmediate)
  }
  return { ask, asked, questions }
}

test('who comes while a question is under way is in the next one, never in that one', async () => {
  const { ask, asked, questions } = desk()
  const early = [ask('a', 1), ask('a', 2)]
  await questions(1)
  const late = [ask('a', 3), ask('a', 4)]
  await sleep(20)
  assert.deepEqual(
    asked.map(({ items }) => items),
    [[1, 2]],
  )
  asked[0]!.answer('first')
  assert.deepEqual(await Promise.all(early), ['first', 'first'])
  await questions(2)
  assert.deepEqual(asked[1]!.items, [3, 4])
  asked[1]!.answer('second')
  assert.deepEqual(await Promise.all(late), ['second', 'second'])
})

test('one key does not wait for another', async () => {
  const { ask, asked, questions } = desk()
  const answers = [ask('a', 1), ask('b', 2)]
  await questions(2)
  assert.deepEqual(
    asked.map(({ key, items }) => [key, items]),
    [
      ['a', [1]],
      ['b', [2]],
    ],
  )
  for (const { answer, key } of asked) answer(key)
  assert.deepEqual(await Promise.all(answers), ['a', 'b'])
})

test('a failure is told to those who asked together, and to nobody after them', async () => {
  const { ask, asked, questions } = desk()
  const failing = Promise.allSettled([ask('a', 1), ask('a', 2)])
  await questions(1)
  const next = ask('a', 3)
  asked[0]!.fail(new Error('down'))
  assert.deepEqual(
    (await failing).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await questions(2)
  asked[1]!.answer('up')
  assert.equal(await next, 'up')
})

test('the first waits for others as long as it was told', async () => {
  const { ask, asked, questions } = desk(200)
  const answers = [ask('a', 1)]
  await sleep(10)
  answers.push(ask('a', 2))
  assert.equal(asked.length, 0)
  await questions(1)
  assert.deepEqual(asked[0]!.items, [1, 2])
  asked[0]!.answer('both')
  assert.deepEqual(await Promise.all(answers), ['both', 'both'])
})
