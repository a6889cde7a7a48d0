import { createHash, createHmac } from 'node:crypto'

/** What DOKU and its merchants sign of a request or of its answer. */
export interface SignedParts {
  clientId: string
  requestId: string
  /** UTC to the second, `2020-08-11T08:45:42Z`; an answer is signed with the moment that it was given */
  timestamp: string
  /** the path that was asked for, or that of the notification URL */
  target: string
  /** the bytes as they are sent; left out for GET, in its answer too */
  body?: string | Buffer
}

/**
 * The `Signature` header of a request, or of its answer.
 * https://developers.doku.com/get-started-with-doku-api/signature-component/non-snap
 */
export function dokuSign(secretKey: string, parts: SignedParts, of: 'Request' | 'Response' = 'Request'): string {
  const lines = [
    `Client-Id:${parts.clientId}`,
    `Request-Id:${parts.requestId}`,
    `${of}-Timestamp:${parts.timestamp}`,
    `Request-Target:${parts.target}`,
  ]
  if (parts.body !== undefined) lines.push(`Digest:${dokuDigest(parts.body)}`)
  return `HMACSHA256=${createHmac('sha256', secretKey).update(lines.join('\n')).digest('base64')}`
}

/** Base64 of the SHA-256 of a body. */
const dokuDigest = (body: string | Buffer) => createHash('sha256').update(body).digest('base64')

/**
 * The `signature` member of a notification in the form that shops were promised: hex HMAC-SHA-256 over the JSON of
 * the other members, in the order in which they stand.
 */
export const dokuSignMembers = (secretKey: string, members: object) =>
  createHmac('sha256', secretKey).update(JSON.stringify(members)).digest('hex')

/** DOKU's moments have no milliseconds: with them a signature is refused. */
export const dokuTimestamp = (moment: Date) => `${moment.toISOString().slice(0, 19)}Z`
