import { createHmac, randomBytes } from 'node:crypto'

/**
 * The headers of Standard Webhooks 1.0.0 (standardwebhooks.com): who sent it, when, and that nobody changed it.
 * @param id the same at every try, so that a receiver knows what it has seen
 * @param at of this try: receivers take a message for a copy that comes minutes late
 */
export function standardHeaders(id: string, at: Date, body: string, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

const prefix = 'whsec_'

/** A secret that says so is the base64 of its key; any other is the key itself, as text. */
const keyOf = (secret: string) =>
  secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : Buffer.from(secret)

/** A new secret, of 32 bytes. */
export const newSecret = () => prefix + randomBytes(32).toString('base64')

/** What is wrong with a secret that somebody brings along; null when it can be used. */
export function problemOfSecret(secret: string): string | null {
  if (!secret.startsWith(prefix)) return secret.length < 16 ? 'a secret has at least 16 characters' : null
  const text = secret.slice(prefix.length)
  const key = Buffer.from(text, 'base64')
  if (key.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, ''))
    return 'a secret that begins with whsec_ goes on in base64'
  return key.length < 24 || key.length > 64 ? 'a secret that begins with whsec_ holds 24 to 64 bytes' : null
}
