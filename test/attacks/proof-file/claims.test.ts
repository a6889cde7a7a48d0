import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyProof } from '../../../src/verifier/verify.ts'
import {
  correctionDraft,
  deliveryDraft,
  enrolmentDraft,
  fileKey,
  ids,
  known,
  makeProof,
  nextKey,
  signingKey,
  storeKey,
  textOf,
  thief,
  vkey,
  revocationDraft,
} from '../../support/proof-files.ts'
import {
  careful,
  made,
  signed,
  stated,
  keyed,
  corrected,
  seconds,
  other,
  long,
  testClaims,
  swapInLog,
} from './table.ts'

testClaims([
  // signatures
  ['the file changed after it was signed', signed((f) => (f.made_at = '2024-01-05T00:00:00.000Z')), ['file signature']],
  [
    'the file signed by another key in it',
    signed((f) => (f.signature = makeProof({ fileSigner: nextKey }).signature)),
    ['file signature'],
  ],
  ['the file signed by a key that is not in it', made({ fileSigner: thief }), ['file signature']],
  [
    'a statement signed by the thief under the store’s name',
    made({ signers: [{ ...thief, kid: 'key_001' }] }),
    ['signature of enrolment', 'signature of delivery', 'document of enrolment', 'document of delivery'],
  ],
  [
    'a statement by a key that is not in the file',
    stated({}, { key_id: 'key_002' }),
    ['signature of delivery', 'document of delivery'],
  ],
  [
    'the statement’s signature of another proof',
    made({ file: ({ entries }) => (entries[0]!.signature = other().entries[0]!.signature) }),
    ['signature of enrolment'],
  ],
  [
    'signatures of enrolment and delivery swapped',
    made({ file: ({ entries: [a, b] }) => ([a!.signature, b!.signature] = [b!.signature, a!.signature]) }),
    ['signature of enrolment', 'signature of delivery'],
  ],
  [
    'the document’s signature of another proof',
    made({
      drafts: [enrolmentDraft(), deliveryDraft()],
      entries: (all) => {
        const [mine, theirs] = [all[1]!, other().entries[1]!]
        Object.assign(mine.statement, { signature: (theirs.statement as { signature: string }).signature })
      },
    }),
    ['signature of delivery', 'document of delivery'],
  ],
  [
    'a device that looks alike',
    made({ entries: ([, delivery]) => Object.assign(delivery!.statement, { device_info: 'iPhоne 14 Pro, iOS 17' }) }),
    ['signature of delivery'],
  ],
  [
    'the same letters, composed otherwise',
    made({
      drafts: [enrolmentDraft(), { ...deliveryDraft(), device_info: 'Café' }],
      entries: ([, delivery]) => Object.assign(delivery!.statement, { device_info: 'Cafe\u0301' }),
    }),
    ['signature of delivery'],
  ],
  // order and tag
  [
    'another order',
    made({}),
    ['document of enrolment', 'document of delivery'],
    { ...careful, orderId: 'ORDER-12346' },
  ],
  [
    'an order that looks alike',
    made({}),
    ['document of enrolment', 'document of delivery'],
    { ...careful, orderId: 'ОRDER-12345' },
  ],
  ['an empty order', made({}), ['document of enrolment', 'document of delivery'], { ...careful, orderId: '' }],
  ['400 kB of order', made({}), ['document of enrolment', 'document of delivery'], { ...careful, orderId: long }],
  ['another tag', made({}), ['document of enrolment'], { ...careful, nfcUid: '04:1A:2B:3C:4D:5E:60' }],
  [
    'photos exchanged, all signed again but the document',
    made({ entries: ([enrolment]) => Object.assign(enrolment!.statement, { photo_hashes: ['a', 'b', 'c', 'd'] }) }),
    ['signature of enrolment', 'document of enrolment'],
  ],
  // keys in time
  ['a key that had not begun', keyed({ nbf: seconds('2024-01-01T13:00:00Z') }), ['key validity of enrolment']],
  ['a key that had ended', keyed({ exp: seconds('2024-01-01T14:00:00Z') }), ['key validity of delivery']],
  ['a key that ended that moment', keyed({ exp: seconds('2024-01-01T14:30:00Z') }), ['key validity of delivery']],
  ['a key that ended a second later', keyed({ exp: seconds('2024-01-01T14:30:01Z') }), []],
  [
    'a key revoked before',
    keyed({ revoked: { revoked_at: seconds('2024-01-01T13:00:00Z') } }),
    ['key validity of delivery'],
  ],
  [
    'a key revoked that moment',
    keyed({ revoked: { revoked_at: seconds('2024-01-01T14:30:00Z') } }),
    ['key validity of delivery'],
  ],
  ['a key revoked afterwards', keyed({ revoked: { revoked_at: seconds('2024-01-03T00:00:00Z'), log_index: 9 } }), []],
  [
    'a stolen key that dates back: the log tells',
    keyed({ revoked: { revoked_at: seconds('2024-01-03T00:00:00Z'), log_index: 6 } }),
    ['key validity of delivery'],
  ],
  [
    'a revocation that only the log tells',
    keyed(
      {},
      { drafts: [enrolmentDraft(), deliveryDraft(), { ...revocationDraft(), from: '2024-01-01T14:00:00.000Z' }] },
    ),
    ['key validity of delivery'],
  ],
  [
    'a revocation in the log, and a statement dated back after it',
    keyed(
      {},
      {
        drafts: [enrolmentDraft(), deliveryDraft(), { ...revocationDraft(), at: '2024-01-02T00:00:00.000Z' }],
        file: (f) => swapInLog(f, 1, 2),
      },
    ),
    ['key validity of delivery'],
  ],
  [
    'a revocation that only others know',
    made({}),
    ['file signature', 'key validity of delivery'],
    { ...careful, keys: { keys: [fileKey(storeKey, { revoked: { revoked_at: seconds('2024-01-01T13:00:00Z') } })] } },
  ],
  [
    'a revocation that others know to be earlier than the file says',
    keyed({ revoked: { revoked_at: seconds('2024-01-03T00:00:00Z'), log_index: 9 } }),
    ['key validity of delivery'],
    { ...careful, keys: { keys: [revokedAt('2024-01-01T13:00:00Z'), fileKey(nextKey)] } },
  ],
  [
    'a revocation that the file says to be earlier than others know',
    keyed({ revoked: { revoked_at: seconds('2024-01-01T13:00:00Z') } }),
    ['key validity of delivery'],
    { ...careful, keys: { keys: [revokedAt('2024-01-03T00:00:00Z'), fileKey(nextKey)] } },
  ],
  [
    'a place of a revocation that only others know',
    keyed({ revoked: { revoked_at: seconds('2024-01-03T00:00:00Z') } }),
    ['key validity of delivery'],
    {
      ...careful,
      keys: { keys: [fileKey(storeKey, { revoked: { revoked_at: 2e9, log_index: 6 } }), fileKey(nextKey)] },
    },
  ],
  [
    'an end that only others know',
    made({}),
    ['file signature', 'key validity of enrolment', 'key validity of delivery'],
    { ...careful, keys: { keys: [fileKey(storeKey, { exp: seconds('2024-01-01T01:00:00Z') })] } },
  ],
  [
    'a file made when its key was revoked',
    made({ keys: [fileKey(storeKey, { revoked: { revoked_at: seconds('2024-01-03T00:00:00Z') } })] }),
    ['file signature'],
  ],
  [
    'a file dated back that knows more of the log than its key may',
    made({ keys: [fileKey(storeKey, { revoked: { revoked_at: seconds('2024-01-05T00:00:00Z'), log_index: 8 } })] }),
    ['file signature'],
  ],
  [
    'a revocation of another key of that name',
    keyed(
      {},
      { drafts: [enrolmentDraft(), deliveryDraft(), { ...revocationDraft(), x: thief.raw.toString('base64url') }] },
    ),
    ['keys'],
  ],
  [
    'a key published later than it signs',
    keyed(
      {},
      {
        drafts: [
          enrolmentDraft(),
          deliveryDraft(),
          { ...revocationDraft(), event: 'published', from: '2024-01-01T13:00:00.000Z' },
        ],
      },
    ),
    ['key validity of enrolment'],
  ],
  ['a key that others do not know', made({}), ['keys'], { ...careful, keys: { keys: [fileKey(nextKey)] } }],
  [
    'another key of a name that others know',
    made({}),
    ['keys'],
    { ...careful, keys: { keys: [fileKey(thief, { kid: 'key_001' })] } },
  ],
  [
    'a key that begins earlier than others know',
    made({}),
    ['keys'],
    { ...careful, keys: { keys: [fileKey(storeKey, { nbf: seconds('2024-01-01T11:00:00Z') })] } },
  ],
  ['no keys are known', made({}), ['keys'], { ...careful, keys: { keys: [] } }],
  // all of it by a thief, who has made keys and a log of the same names
  ['a file made by somebody else from the first byte on', forged, ['keys', 'log key'], careful],
  // what goes together
  ['a distance of a metre less', stated({}, { distance_meters: 13 }), ['distance of delivery']],
  [
    'flagged called pass',
    stated({}, { delivery_gps: { lat: 41, lng: -74 }, distance_meters: 31_939 }),
    ['distance of delivery'],
  ],
  [
    'far away called near',
    stated({}, { delivery_gps: { lat: 41, lng: -74 }, distance_meters: 14 }),
    ['distance of delivery'],
  ],
  ['a phone verified where none was asked for', stated({}, { phone_verified: true }), ['phone and tag of delivery']],
  ['a plain tag that counts', stated({}, { tag_counter: 1 }), ['phone and tag of delivery']],
  ['a counting tag without a count', stated({ tag: 'ntag424' }), ['phone and tag of delivery']],
  ['a delivery before its enrolment', stated({ at: '2024-01-01T14:30:00.001Z' }), ['order']],
  ['a file older than what is in it', made({ file: (f) => (f.made_at = '2024-01-01T14:00:00.000Z') }), ['order']],
  ['an enrolment of another store', stated({ store: '0197a3b0-0000-7e3f-8a4b-5c6d7e8f9a0b' }), ['order']],
  ['a delivery of another proof', stated({}, { proof_id: 'proof_other' }), ['order']],
  [
    'another proof’s delivery, whole',
    made({ file: (f) => (f.entries[1] = other().entries[1]!) }),
    ['document of delivery', 'one log', 'order'],
  ],
  ['a file of another name', made({ file: (f) => (f.proof_id = 'proof_other') }), ['order']],
  // corrections
  ['a correction of nothing', corrected({ corrects: 'ab'.repeat(32) }), ['corrections']],
  [
    'a correction of a correction',
    corrected(
      {},
      [correctionDraft()].map((one) => ({ ...one, corrects: 'correction' })),
    ),
    ['corrections'],
  ],
  [
    'a correction of what is not the delivery’s',
    corrected({ changes: { warehouse_gps: { lat: 0, lng: 0 } } }),
    ['corrections'],
  ],
  ['a correction of what is not the enrolment’s', corrected({ corrects: 'enrolment' }), ['corrections']],
  ['a correction that only says why', corrected({ changes: {} }), []],
  [
    'a correction with fewer hashes than photos',
    corrected({ corrects: 'enrolment', changes: { photo_hashes: ['h'] } }),
    ['corrections'],
  ],
  ['a correction before what it corrects', corrected({ at: '2024-01-01T14:00:00.000Z' }), ['corrections']],
  ['a correction of another proof', corrected({ proof_id: 'proof_other' }), ['order']],
])

function forged() {
  const [key, log] = [{ ...thief, kid: 'key_001' }, signingKey('a log of the thief')]
  return textOf(
    makeProof({
      signers: [key],
      keys: [fileKey(key)],
      fileSigner: key,
      view: { signer: log },
      file: (file) => (file.log.key = vkey(ids.origin, 1, log)),
    }),
  )
}

test('a file made by somebody else is only told apart by keys from elsewhere, and the report says so', async () => {
  const report = await verifyProof(forged(), known)
  assert.equal(report.verdict, 'valid')
  assert.match(report.checks.find(({ name }) => name === 'keys')!.why, /^The keys are the file’s own: .*thumbprints/)
  assert.match(report.checks.find(({ name }) => name === 'log key')!.why, /^The log’s key is the file’s own/)
})

function revokedAt(time: string) {
  return fileKey(storeKey, { revoked: { revoked_at: seconds(time) } })
}
