import { deliveryDocument, enrolmentDocument } from './documents.ts'
import type { FileKey } from './file.ts'
import { signs } from './keys.ts'
import { check } from './report.ts'
import type { Check } from './report.ts'
import { ofKind } from './story.ts'
import type { Placed } from './story.ts'

/** The two documents that were signed name the order and the tag, which the file does not: one has to know them. */
export async function documentChecks(
  placed: readonly Placed[],
  keys: Map<string, FileKey>,
  known: { orderId?: string; nfcUid?: string },
): Promise<Check[]> {
  const name = 'document'
  const { orderId, nfcUid } = known
  const open = (of: string, why: string): Check => ({ name, of, verdict: 'not checked', why })
  const isOf = async (kid: string, signature: string, documents: string[]) => {
    const key = keys.get(kid)
    for (const document of key ? documents : []) if (await signs(key!, signature, document)) return true
    return false
  }
  const enrolment = ofKind(placed, 'enrolment')[0]!.entry.statement
  const [delivery] = ofKind(placed, 'delivery').map(({ entry }) => entry.statement)
  const checks: Check[] = []
  if (orderId === undefined || nfcUid === undefined) {
    checks.push(
      open('enrolment', 'It is of an order and a tag that the file does not name: order id and NFC UID are needed.'),
    )
  } else {
    const documents = spellings(nfcUid).map((nfc_uid) =>
      enrolmentDocument({ ...enrolment, order_id: orderId, nfc_uid, timestamp: enrolment.at }),
    )
    const holds = await isOf(enrolment.key_id, enrolment.signature, documents)
    const problem = 'what was signed at the enrolment is not of this order id and this NFC UID'
    checks.push(check(name, 'enrolment', holds ? undefined : problem, 'it is of this order and this tag'))
  }
  if (!delivery) return checks
  if (orderId === undefined) {
    checks.push(open('delivery', 'It is of an order that the file does not name: the order id is needed.'))
  } else {
    const document = deliveryDocument({ ...delivery, order_id: orderId, timestamp: delivery.at })
    const holds = await isOf(delivery.key_id, delivery.signature, [document])
    const problem = 'what was signed at the delivery is not of this order id'
    checks.push(check(name, 'delivery', holds ? undefined : problem, 'it is of this order'))
  }
  return checks
}

/** A UID as it was given, and as readers of tags write one: the signature tells which of them was enrolled. */
function spellings(uid: string): string[] {
  const pairs =
    uid.length <= 64
      ? uid
          .replace(/[\s:-]/g, '')
          .match(/^(?:[\da-f]{2})+$/i)?.[0]
          .match(/../g)
      : null
  const separated = [':', '', '-', ' '].map((separator) => (pairs ?? []).join(separator))
  const written = separated.flatMap((text) => [text.toUpperCase(), text.toLowerCase()])
  return [...new Set([uid, ...(pairs ? written : [])])]
}
