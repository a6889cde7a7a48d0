import { createHash, createHmac } from 'node:crypto'

/** What is signed: of a request, of its answer, or of a notification. */
export interface Parts {
  clientId: string
  requestId: string
  timestamp: string
  target: string
  /** not for GET, nor for its answer */
  body?: string
}

/** The `Signature` header: HMAC-SHA256 over the named values, one to a line and none after the last. */
export function sign(secretKey: string, { clientId, requestId, timestamp, target, body }: Parts, of = 'Request') {
  let text = `Client-Id:${clientId}\nRequest-Id:${requestId}\n${of}-Timestamp:${timestamp}\nRequest-Target:${target}`
  if (body !== undefined) text += `\nDigest:${createHash('sha256').update(body).digest('base64')}`
  return `HMACSHA256=${createHmac('sha256', secretKey).update(text).digest('base64')}`
}

/** UTC to the second, as every moment on this wire. */
export const toSecond = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

export const isToSecond = (text: string) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text))
