import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { Report } from '../verifier/report.ts'
import { readKeySet } from '../verifier/keys.ts'
import { noteKinds, readVerifierKey } from '../verifier/notes.ts'
import { verifyProof } from '../verifier/verify.ts'
import type { Known } from '../verifier/verify.ts'
import { UsageError, say } from './usage.ts'

export interface VerifyOptions {
  orderId?: string
  nfcUid?: string
  /** a file with a JSON Web Key Set */
  keys?: string
  logKey?: string
  witness?: string[]
  json?: boolean
}

const exitCodes = { valid: 0, invalid: 1, incomplete: 3 } as const

/**
 * Checks a proof file, needing neither database nor network: exit code 0 valid, 1 invalid, 3 incomplete.
 * @param file `-` is standard input
 * @throws UsageError for a file that cannot be read, and for a key that is none
 */
export async function verifyCommand(file: string, options: VerifyOptions): Promise<void> {
  const known = await readKnown(options)
  const report = await verifyProof(await readBytes(file), known)
  if (options.json) say(JSON.stringify(report, null, 2))
  else for (const line of linesOf(report)) say(line)
  process.exitCode = exitCodes[report.verdict]
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is none' : code === 'EISDIR' ? 'it is a folder' : message
    throw new UsageError(`${file} cannot be read: ${why}`)
  }
}

async function readKnown({ orderId, nfcUid, keys: file, logKey, witness: witnesses }: VerifyOptions): Promise<Known> {
  const keys = file === undefined ? undefined : readKeySet((await readBytes(file)).toString())
  if (file !== undefined && !keys) throw new UsageError(`${file} holds no JSON Web Key Set`)
  if (logKey !== undefined && !(await readVerifierKey(logKey, noteKinds.ed25519)))
    throw new UsageError('--log-key is no Ed25519 verifier key: name+hash+key')
  for (const witness of witnesses ?? []) {
    if (!(await readVerifierKey(witness, noteKinds.cosignature)))
      throw new UsageError(`--witness ${witness} is no verifier key of a witness: name+hash+key, of type 4`)
  }
  return { orderId, nfcUid, keys, logKey, witnesses }
}

const words = { ok: 'ok', failed: 'FAILED', 'not checked': 'not checked' } as const

function linesOf({ checks, notes, facts, says, verdict }: Report): string[] {
  const rows = checks.map(({ name, of, verdict, why }) => [words[verdict], of ? `${name}, ${of}` : name, plain(why)])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return [
    ...rows.map(([word, name, why]) => `${word!.padEnd(widths[0]!)}  ${name!.padEnd(widths[1]!)}  ${why}`),
    ...(facts ? ['', ...factLines(facts)] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    `${verdict.toUpperCase()}: ${says}`,
  ]
}

function factLines(facts: NonNullable<Report['facts']>): string[] {
  const { enrolment, delivery, way, corrections, log, seen } = facts
  const position = ({ lat, lng }: { lat: number; lng: number }) => `${lat}, ${lng}`
  return [
    `Proof ${facts.proofId} of store ${facts.store}, file made at ${facts.madeAt}`,
    `Enrolled at ${enrolment.at} for ${position(enrolment.shipping_address_gps)}, tag ${enrolment.tag}`,
    ...enrolment.photo_hashes.map((hash, i) => `  photo ${plain(hash)}  ${plain(enrolment.photo_urls[i]!)}`),
    ...(delivery && way
      ? [
          `Delivered at ${delivery.at}, tag read at ${position(delivery.delivery_gps)}: ` +
            `${way.metres.toFixed(1)} m from the address, ${delivery.gps_verdict}, phone ${delivery.phone_verified ? '' : 'not '}verified`,
          ...(delivery.device_info === null ? [] : [`  device ${plain(delivery.device_info)}`]),
          ...(delivery.tag_counter === null ? [] : [`  the tag’s count ${delivery.tag_counter}`]),
        ]
      : ['No delivery']),
    ...corrections.map(
      ({ of, at, reason, changes }) =>
        `Corrected at ${at}, ${of}: ${plain(JSON.stringify(changes))} (${plain(reason)})`,
    ),
    ...log.checkpoints.map(({ size, root }) => `Log ${plain(log.origin)}: ${size} entries, root ${root}`),
    ...seen.map(({ witness, size, at }) => `  seen with ${size} entries by ${plain(witness)} at ${at}`),
  ]
}

// what would move the cursor, or turn the line around, is written as its number
const plain = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
