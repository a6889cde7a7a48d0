import {
  ids,
  known,
  leavesOf,
  logProofOf,
  logSigner,
  makeProof,
  textOf,
  thief,
  vkey,
  witnessKey,
} from '../../support/proof-files.ts'
import { careful, made, seconds, long, testClaims, swapInLog } from './table.ts'

testClaims([
  // the log
  ['another log', made({}), ['log key'], { ...careful, logKey: vkey(ids.origin, 1, thief) }],
  [
    'the log’s key under another name',
    made({ file: (f) => (f.log.key = vkey('other.example', 1, logSigner)) }),
    ['checkpoint of enrolment', 'checkpoint of delivery'],
    known,
  ],
  [
    'a witness’s key for the log’s',
    made({ file: (f) => (f.log.key = witnessKey) }),
    ['checkpoint of enrolment', 'checkpoint of delivery'],
    known,
  ],
  [
    'a checkpoint of another origin',
    made({ view: { origin: 'rival.example/log' } }),
    ['checkpoint of enrolment', 'checkpoint of delivery'],
  ],
  [
    'a checkpoint of another origin, signed under the name of this log',
    made({ view: { origin: 'rival.example/log', name: ids.origin } }),
    ['checkpoint of enrolment', 'checkpoint of delivery'],
  ],
  [
    'a log whose key bears another name than the log',
    made({
      view: { name: 'other.example' },
      file: (file) => (file.log.key = vkey('other.example', 1, logSigner)),
    }),
    ['checkpoint of enrolment', 'checkpoint of delivery'],
    known,
  ],
  [
    'a checkpoint that somebody else signed',
    made({ view: { signer: thief } }),
    ['checkpoint of enrolment', 'checkpoint of delivery'],
  ],
  [
    'a checkpoint with another size',
    withProof((proof) => proof.replace('\n10\n', '\n11\n')),
    ['checkpoint of enrolment'],
  ],
  [
    'a checkpoint with a size that its path does not fit',
    withProof((proof) => proof.replace('\n10\n', '\n20\n')),
    ['checkpoint of enrolment', 'inclusion of enrolment'],
  ],
  [
    'a checkpoint with a line more',
    withProof((proof) => proof.replace('\n\n\u2014', '\nmore\n\n\u2014')),
    ['checkpoint of enrolment'],
  ],
  ['a log cut off before the delivery', cutOff, ['inclusion of delivery']],
  [
    'a log that never had it',
    made({ view: { leaves: leavesOf([], [5, 5]) } }),
    ['inclusion of enrolment', 'inclusion of delivery'],
  ],
  ['another place in the log', withProof((proof) => proof.replace('index 5', 'index 4')), ['inclusion of enrolment']],
  [
    'a place outside the log',
    withProof((proof) => proof.replace('index 5', 'index 10')),
    ['inclusion of enrolment', 'order'],
  ],
  [
    'a place at the end of numbers',
    withProof((proof) => proof.replace('index 5', 'index 9007199254740991')),
    ['inclusion of enrolment', 'order'],
  ],
  ['a shorter path', withProof((proof) => proof.replace(/(index 5)\n.*/, '$1')), ['inclusion of enrolment']],
  [
    'proofs of inclusion exchanged',
    made({ file: ({ entries: [a, b] }) => ([a!.log_proof, b!.log_proof] = [b!.log_proof, a!.log_proof]) }),
    ['inclusion of enrolment', 'inclusion of delivery', 'order'],
  ],
  ['another salt', made({ file: ({ entries }) => (entries[0]!.salt = '00'.repeat(16)) }), ['inclusion of enrolment']],
  ['a forked log: two roots of one size', forked([5, 3], (leaves) => leaves.with(9, Buffer.alloc(32))), ['one log']],
  [
    'a forked log: the past rewritten, and more added',
    forked([5, 3], (leaves) => [...leaves.with(4, Buffer.alloc(32)), Buffer.alloc(32)]),
    ['one log'],
  ],
  ['a log that has grown in between', forked([5, 3], (leaves) => [...leaves, Buffer.alloc(32)]), []],
  ['two statements at one place of two logs', samePlace, ['one log', 'order']],
  ['the delivery before the enrolment in the log', made({ file: (f) => swapInLog(f, 0, 1) }), ['order']],
  // witnesses
  [
    'no witness where one is asked for',
    made({}),
    ['witness of enrolment', 'witness of delivery'],
    { ...careful, witnesses: [witnessKey] },
  ],
  [
    'another witness',
    made({ view: { seenAt: seconds('2024-01-02T00:00:00Z') } }),
    ['witness of enrolment', 'witness of delivery'],
    { ...careful, witnesses: [vkey('witness.example/w2', 4, thief)] },
  ],
  [
    'a witness of that name with another key',
    made({ view: { seenAt: seconds('2024-01-02T00:00:00Z') } }),
    ['witness of enrolment', 'witness of delivery'],
    { ...careful, witnesses: [vkey('witness.example/w1', 4, thief)] },
  ],
  [
    'a witness who saw it',
    made({ view: { seenAt: seconds('2024-01-01T14:31:00Z') } }),
    [],
    { ...careful, witnesses: [witnessKey] },
  ],
  [
    'a witness who saw it before it is said to have been',
    made({ view: { seenAt: seconds('2024-01-01T14:00:00Z') } }),
    ['witness of delivery'],
    { ...careful, witnesses: [witnessKey] },
  ],
  [
    'a witness whose time was changed',
    witnessChanged,
    ['witness of enrolment'],
    { ...careful, witnesses: [witnessKey] },
  ],
  [
    'a witness that is none',
    made({}),
    ['witness of enrolment', 'witness of delivery'],
    { ...careful, witnesses: [long] },
  ],
])

function withProof(change: (proof: string) => string) {
  return made({ file: ({ entries: [enrolment] }) => (enrolment!.log_proof = change(enrolment!.log_proof)) })
}

function cutOff() {
  return textOf(
    makeProof({
      file: ({ entries }) => {
        const whole = entries[1]!.log_proof
        const short = logProofOf(5, { leaves: leavesOf(entries.slice(0, 1), [5, 0]) })
        // the same place and path, under a checkpoint of the log before the delivery was in it
        entries[1]!.log_proof = whole.slice(0, whole.indexOf('\n\n')) + short.slice(short.indexOf('\n\n'))
      },
    }),
  )
}

function forked(others: [number, number], change: (leaves: Buffer[]) => Buffer[]) {
  return made({
    others,
    file: ({ entries }) => {
      entries[1]!.log_proof = logProofOf(others[0] + 1, { leaves: change(leavesOf(entries, others)) })
    },
  })
}

function samePlace() {
  return textOf(
    makeProof({
      file: ({ entries }) => {
        entries[1]!.log_proof = logProofOf(5, { leaves: leavesOf(entries.slice(1), [5, 3]) })
      },
    }),
  )
}

function witnessChanged() {
  return textOf(
    makeProof({
      view: { seenAt: seconds('2024-01-02T00:00:00Z') },
      file: ({ entries }) => {
        const lines = entries[0]!.log_proof.split('\n')
        const [dash, name, encoded] = lines.at(-2)!.split(' ')
        const bytes = Buffer.from(encoded!, 'base64')
        bytes[11]! += 1
        entries[0]!.log_proof = [...lines.slice(0, -2), `${dash} ${name} ${bytes.toString('base64')}`, ''].join('\n')
      },
    }),
  )
}
