import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  correctionDraft,
  deliveryDraft,
  enrolmentDraft,
  fileKey,
  ids,
  known,
  leavesOf,
  logKey,
  logProofOf,
  makeProof,
  nextKey,
  revocationDraft,
  signingKey,
  storeKey,
  textOf,
} from '../../test/support/proof-files.ts'
import { distanceBetween } from './documents.ts'
import { readKeySet, thumbprint } from './keys.ts'
import { bearingOf } from './story.ts'
import { verifyProof } from './verify.ts'

const vector = (name: string) => readFile(new URL(`../../test/vectors/${name}`, import.meta.url), 'utf8')

test('the file that other verifiers can be tried on gets the report beside it', async () => {
  const [proof, knownText, report] = await Promise.all(
    ['complete.proof', 'complete.known.json', 'complete.report.json'].map(vector),
  )
  assert.deepEqual(await verifyProof(proof!, JSON.parse(knownText!)), JSON.parse(report!))
})

test('that file is made anew to the byte', async () => {
  const made = makeProof({
    drafts: [
      { ...enrolmentDraft(), tag: 'ntag424' },
      { ...deliveryDraft(), tag_counter: 7, device_info: 'ダーツ 🎯 "7"\\\u0007' },
      correctionDraft(),
      revocationDraft(),
    ],
    keys: [
      fileKey(storeKey, {
        revoked: { revoked_at: 1_704_240_000, reason: 'It was on a laptop that is gone.', log_index: 8 },
      }),
      fileKey(nextKey, { nbf: 1_704_200_000, exp: 1_735_822_800 }),
    ],
    fileSigner: nextKey,
    view: { seenAt: 1_704_250_000 },
  })
  assert.equal(textOf(made), await vector('complete.proof'))
})

test('an enrolment alone is a valid proof of it, and the report says that there is no delivery', async () => {
  const { verdict, says, facts } = await verifyProof(textOf(makeProof({ drafts: [enrolmentDraft()] })), known)
  assert.equal(verdict, 'valid')
  assert.match(says, /proof of enrolment.*No delivery/)
  assert.equal(facts?.delivery, null)
  assert.equal(facts?.way, null)
})

test('the distance is from the address as it was enrolled, whatever was corrected before the delivery', async () => {
  const moved = { lat: 40.72, lng: -74.006 }
  const correction = {
    ...correctionDraft(),
    corrects: 'enrolment',
    at: '2024-01-01T13:00:00.000Z',
    changes: { shipping_address_gps: moved },
  }
  const made = (delivery: object) =>
    makeProof({
      drafts: [enrolmentDraft(), { ...deliveryDraft(), ...delivery }, correction],
      file: ({ entries }) => {
        const order = [0, 2, 1]
        const leaves = leavesOf(
          order.map((i) => entries[i]!),
          [5, 3],
        )
        for (const [i, entry] of entries.entries()) entry.log_proof = logProofOf(5 + order.indexOf(i), { leaves })
      },
    })
  assert.equal((await verifyProof(textOf(made({})), known)).verdict, 'valid')
  const { checks } = await verifyProof(textOf(made({ delivery_gps: moved, distance_meters: 0 })), known)
  assert.deepEqual(
    checks.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name),
    ['distance'],
  )
})

test('two places on opposite sides of the earth are as far apart as another machine’s sines say', async () => {
  const here = { lat: 40.7128, lng: -74.006 }
  const there = { lat: -40.7127, lng: 105.994 }
  const metres = Math.round(distanceBetween(here, there))
  const verdictAt = async (distance_meters: number) => {
    const delivery = { ...deliveryDraft(), delivery_gps: there, distance_meters, gps_verdict: 'flagged' as const }
    return (await verifyProof(textOf(makeProof({ drafts: [enrolmentDraft(), delivery] })), known)).verdict
  }
  assert.deepEqual(await Promise.all([metres - 1, metres, metres + 1].map(verdictAt)), ['valid', 'valid', 'valid'])
  assert.equal(await verdictAt(metres + 3), 'invalid')
})

test('who trusts keys of which one was revoked has to know the log, too', async () => {
  const revoked = { revoked_at: 1_800_000_000, log_index: 500 }
  const keys = { keys: [fileKey(storeKey, { revoked })] }
  const open = await verifyProof(textOf(makeProof()), { ...known, keys })
  assert.equal(open.verdict, 'incomplete')
  assert.deepEqual(
    open.checks.filter(({ verdict }) => verdict !== 'ok').map(({ name }) => name),
    ['log key'],
  )
  assert.equal((await verifyProof(textOf(makeProof()), { ...known, keys, logKey })).verdict, 'valid')
})

test('a key that revoked another and was revoked itself does not make what it never signed invalid', async () => {
  const keys = [
    fileKey(storeKey, { revoked: { revoked_at: 1_704_240_000, log_index: 7 } }),
    fileKey(nextKey, { revoked: { revoked_at: 1_704_200_000, log_index: 500 } }),
  ]
  const third = signingKey('key_003')
  const made = makeProof({
    drafts: [enrolmentDraft(), deliveryDraft(), revocationDraft()],
    keys: [...keys, fileKey(third)],
    fileSigner: third,
  })
  assert.equal((await verifyProof(textOf(made), known)).verdict, 'valid')
})

test('a parcel that anybody may have enrolled is told from the shop’s own', async () => {
  const notes = async (by: 'shop' | 'anybody') =>
    (await verifyProof(textOf(makeProof({ drafts: [{ ...enrolmentDraft(), by }, deliveryDraft()] })), known)).notes
  assert.equal(
    (await notes('anybody')).some((note) => note.includes('all may enrol')),
    true,
  )
  assert.equal(
    (await notes('shop')).some((note) => note.includes('all may enrol')),
    false,
  )
})

test('a file is as long as its bytes, however it is given', async () => {
  const photo_urls = Array.from({ length: 4 }, () => `https://example.com/${'𝔸'.repeat(2000)}`)
  const corrections = Array.from({ length: 40 }, () => ({
    ...correctionDraft(),
    corrects: 'enrolment',
    changes: { photo_urls },
  }))
  const text = textOf(makeProof({ drafts: [enrolmentDraft(), deliveryDraft(), ...corrections] }))
  assert.ok(text.length < 1024 * 1024)
  for (const given of [text, new TextEncoder().encode(text)]) {
    const { verdict, checks } = await verifyProof(given, known)
    assert.equal(verdict, 'invalid')
    assert.match(checks[0]!.why, /longer than 1024 KiB/)
  }
})

test('whatever a file is, there is a report', async () => {
  const text = textOf(makeProof())
  const damaged = fc.tuple(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 20, unit: 'binary' }))
  await fc.assert(
    fc.asyncProperty(damaged, async ([at, length, put]) => {
      const changed = text.slice(0, at) + put + text.slice(at + length)
      const { verdict } = await verifyProof(changed, known)
      assert.equal(verdict, changed === text || `${changed}\n` === text ? 'valid' : 'invalid')
    }),
    { numRuns: 500 },
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.uint8Array()), async (given) => {
      assert.equal((await verifyProof(given, known)).verdict, 'invalid')
    }),
  )
})

test('a thumbprint is RFC 8037’s, appendix A.3', async () => {
  const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
  assert.equal(await thumbprint({ x }), 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
})

test('a key set is read as a store publishes it; what is none is not', () => {
  const { kid, kty, crv, x, use } = fileKey(storeKey)
  const key = { kid, kty, crv, x, use }
  assert.deepEqual(readKeySet(JSON.stringify({ keys: [key, { kty: 'EC', crv: 'P-256' }] })), { keys: [key] })
  for (const wrong of ['', '[]', '{}', 'null', '{"keys":{}}', '{"keys":[null]}'])
    assert.equal(readKeySet(wrong), undefined)
  for (const more of [
    { x: 'short' },
    { kid: 7 },
    { nbf: '2024' },
    { revoked: {} },
    { revoked: null },
    { exp: 'never' },
  ])
    assert.equal(readKeySet(JSON.stringify({ keys: [{ ...key, ...more }] })), undefined, JSON.stringify(more))
})

test('a bearing is clockwise from north', () => {
  const here = { lat: 0, lng: 0 }
  const bearings = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ].map(([lat, lng]) => bearingOf(here, { lat: lat!, lng: lng! }))
  assert.deepEqual(bearings.map(Math.round), [0, 90, 180, 270])
})

test('what is known of the proof’s own ids is not in the file', () => {
  const text = textOf(makeProof())
  for (const secret of [ids.orderId, ids.nfcUid]) assert.ok(!text.includes(secret))
})
