import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/** Seals and opens what lies encrypted in the database: providers' secrets, private keys. */
export interface Vault {
  /** @param purpose what it is and whose, bound into the seal: one row's secret cannot be moved to another row */
  seal(plain: string | Uint8Array, purpose: string): Buffer
  /** @throws Error when the secret differs, the bytes were changed, or the purpose is another */
  open(sealed: Buffer, purpose: string): Buffer
  /** A key for a use of its own, 32 bytes, the same in every process with this secret. */
  deriveKey(purpose: string): Buffer
}

/**
 * AES-256-GCM under a key derived from the installation's secret (HKDF-SHA-256, RFC 5869).
 * Layout: version byte 1, nonce 12, tag 16, ciphertext.
 * @param secret SAUDAGAR_SECRET, at least 32 characters of randomness
 */
export function openVault(secret: string): Vault {
  const deriveKey = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `saudagar ${purpose}`, 32))
  const key = deriveKey('seal')
  return {
    deriveKey,
    seal: (plain, purpose) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.of(1), nonce, cipher.getAuthTag(), text])
    },
    open: (sealed, purpose) => {
      if (sealed[0] !== 1) throw new Error('sealed by a newer version')
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13)).setAAD(Buffer.from(purpose))
      decipher.setAuthTag(sealed.subarray(13, 29))
      return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()])
    },
  }
}

/** How a token that we hand out is kept: it is long and random, so one round of SHA-256 is enough. */
export const hashToken = (token: string) => createHash('sha256').update(token).digest()

/** A new unguessable token, 256 bits, fit for a link. */
export const newToken = () => randomBytes(32).toString('base64url')
