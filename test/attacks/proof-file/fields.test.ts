import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProofFile } from '../../../src/verifier/file.ts'
import { verifyProof } from '../../../src/verifier/verify.ts'
import type { Known } from '../../../src/verifier/verify.ts'
import {
  canonicalText,
  correctionDraft,
  deliveryDraft,
  enrolmentDraft,
  fileKey,
  ids,
  known,
  makeProof,
  nextKey,
  resign,
  revocationDraft,
  storeKey,
  textOf,
  thief,
} from '../../support/proof-files.ts'
import { careful, failedChecks } from './table.ts'

test('what is genuine is valid, to who knows little and to who knows all', async () => {
  const files = {
    plain: makeProof(),
    'only enrolled': makeProof({ drafts: [enrolmentDraft()] }),
    'alone in its log': makeProof({ drafts: [enrolmentDraft()], others: [0, 0] }),
    corrected: makeProof({ drafts: [enrolmentDraft(), deliveryDraft(), correctionDraft()] }),
    'of a tag that counts': makeProof({
      drafts: [
        { ...enrolmentDraft(), tag: 'ntag424' },
        { ...deliveryDraft(), tag_counter: 7 },
      ],
    }),
    'far away, with the phone': makeProof({
      drafts: [
        enrolmentDraft(),
        {
          ...deliveryDraft(),
          delivery_gps: { lat: 41, lng: -74 },
          distance_meters: 31_939,
          gps_verdict: 'flagged',
          phone_verified: true,
        },
      ],
    }),
  }
  for (const [name, file] of Object.entries(files)) {
    assert.equal((await verifyProof(textOf(file), careful)).verdict, 'valid', name)
    assert.equal((await verifyProof(textOf(file), known)).verdict, 'valid', name)
    assert.equal((await verifyProof(canonicalText(file), known)).verdict, 'valid', `${name}, without a newline`)
    assert.equal((await verifyProof(textOf(file))).verdict, 'incomplete', `${name}, order and tag unknown`)
  }
})

test('without the order id and the tag’s UID just those checks are open', async () => {
  const open = async (what: Known) =>
    (await verifyProof(textOf(makeProof()), what)).checks
      .filter(({ verdict }) => verdict === 'not checked')
      .map(({ name, of }) => `${name} of ${of}`)
  assert.deepEqual(await open({}), ['document of enrolment', 'document of delivery'])
  assert.deepEqual(await open({ orderId: ids.orderId }), ['document of enrolment'])
  assert.deepEqual(await open({ nfcUid: ids.nfcUid }), ['document of enrolment', 'document of delivery'])
})

test('a UID counts in each spelling that readers of tags use, and no other UID does', async () => {
  const text = textOf(makeProof())
  for (const nfcUid of ['041a2b3c4d5e6f', '04-1A-2B-3C-4D-5E-6F', '04 1a 2b 3c 4d 5e 6f', '04:1a:2b:3c:4d:5e:6f'])
    assert.deepEqual(await failedChecks(text, { ...known, nfcUid }), [], nfcUid)
  for (const nfcUid of ['041a2b3c4d5e6e', '', '04:1A:2B:3C:4D:5E', '0'.repeat(400_000)])
    assert.deepEqual(await failedChecks(text, { ...known, nfcUid }), ['document of enrolment'], nfcUid.slice(0, 40))
})

/** Every place in a value, with how to set and to remove what is there. */
function* placesOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) yield* placesOf((value as Record<string, unknown>)[key], [...path, key])
}

function at(file: ProofFile, path: string[]) {
  type Members = Record<string, unknown>
  const parent = path.slice(0, -1).reduce<unknown>((value, key) => (value as Members)[key], file)
  return { parent: parent as Members, key: path.at(-1)! }
}

/** Other values, most of them of the same form. */
function othersThan(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, value - 1, -value, 0, 1e21, String(value), null]
  if (typeof value === 'boolean') return [!value, null, Number(value)]
  if (value === null) return ['x', 0, { lat: 0, lng: 0 }]
  if (typeof value !== 'string') return [null, '', 0, [], {}]
  const turned = (i: number) => {
    const swap: Record<string, string> = { a: 'b', e: 'd', A: 'B', '0': '1', '1': '0', '2': '3', Z: 'z' }
    const char = value.at(i) ?? ''
    return `${value.slice(0, i)}${swap[char] ?? (char === 'a' ? 'b' : 'a')}${value.slice(i + 1)}`
  }
  const middle = Math.floor(value.length / 2)
  return [
    turned(0),
    turned(middle),
    turned(value.length - 1),
    `${value} `,
    value.slice(0, -1),
    value.toUpperCase(),
    '',
    null,
  ]
}

const everything = () =>
  makeProof({
    drafts: [enrolmentDraft(), deliveryDraft(), correctionDraft(), revocationDraft()],
    keys: [fileKey(storeKey, { exp: 1_735_689_600 }), fileKey(nextKey)],
    fileSigner: nextKey,
    others: [3, 9],
  })

/** Changes each place of a file in each way in turn. @returns the changes that did not make it invalid */
async function unnoticed(then: (file: ProofFile) => void, with_: Known, under: (path: string[]) => boolean) {
  const passed: string[] = []
  let tried = 0
  const genuine = everything()
  const attempt = async (name: string, change: (file: ProofFile) => void) => {
    const file = structuredClone(genuine)
    change(file)
    if (canonicalText(file) === canonicalText(genuine)) return
    then(file)
    tried += 1
    if ((await verifyProof(textOf(file), with_)).verdict !== 'invalid') passed.push(name)
  }
  for (const path of [...placesOf(genuine)].filter(under)) {
    const { parent, key } = at(genuine, path)
    for (const other of othersThan(parent[key]))
      await attempt(`${path.join('.')} = ${JSON.stringify(other)?.slice(0, 60)}`, (file) => {
        at(file, path).parent[key] = other
      })
    await attempt(`${path.join('.')} removed`, (file) => {
      const place = at(file, path)
      if (Array.isArray(place.parent)) place.parent.splice(Number(key), 1)
      else delete place.parent[key]
    })
    if (typeof parent[key] === 'object' && parent[key] !== null && !Array.isArray(parent[key]))
      await attempt(`${path.join('.')} with a member more`, (file) => {
        Object.assign(at(file, path).parent[key] as object, { more: 1 })
      })
  }
  return { passed, tried }
}

test('every field of a file changed in turn, in several ways, makes it invalid', async () => {
  assert.equal((await verifyProof(textOf(everything()), known)).verdict, 'valid')
  const { passed, tried } = await unnoticed(
    () => {},
    known,
    () => true,
  )
  assert.deepEqual(passed, [])
  assert.ok(tried > 600, `${tried} changes tried`)
})

test('so it does when whoever changed it signs the file again with a key of their own', async () => {
  const own = (file: ProofFile) => {
    if (Array.isArray(file.keys)) file.keys.push(fileKey(thief))
    resign(file, thief)
  }
  // to who knows the store's keys, wherever it was changed; to anybody, where statements and the log were
  const toCareful = await unnoticed(own, careful, () => true)
  assert.deepEqual(toCareful.passed, [])
  const toAnybody = await unnoticed(own, known, ([top]) => top === 'entries' || top === 'log')
  // to leave out what stands at the end is to tell less, which only the file's own signature refuses
  assert.deepEqual(toAnybody.passed, ['entries.2 removed', 'entries.3 removed'])
})
