import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Vault } from '../../sealing.ts'

/** How long a tap may be handed in after its nonce was asked for. */
export const nonceSeconds = 120

/** Short-lived words that a phone fetches and hands in with a tap. They carry their own end: nothing is stored. */
export interface Nonces {
  /** @param subject what it is good for: a store and a tag's token */
  issue(subject: string, now: Date): string
  isGood(subject: string, nonce: string, now: Date): boolean
}

const encoded = 6 + 16

export function createNonces(vault: Vault): Nonces {
  const key = vault.deriveKey('nonces of taps')
  const make = (subject: string, endsAt: number) => {
    const bytes = Buffer.alloc(encoded)
    bytes.writeUIntBE(endsAt, 0, 6)
    createHmac('sha256', key).update(`${endsAt} ${subject}`).digest().copy(bytes, 6)
    return bytes
  }
  return {
    issue: (subject, now) => make(subject, now.getTime() + nonceSeconds * 1000).toString('base64url'),
    isGood: (subject, nonce, now) => {
      const bytes = Buffer.from(nonce, 'base64url')
      if (bytes.length !== encoded) return false
      const endsAt = bytes.readUIntBE(0, 6)
      return timingSafeEqual(bytes, make(subject, endsAt)) && endsAt > now.getTime()
    },
  }
}
