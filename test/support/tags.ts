import { createCipheriv } from 'node:crypto'
import { cmac, keyOfTag } from '../../src/engine/proofs/tags/sun.ts'
import type { TagKeys } from '../../src/engine/proofs/tags/sun.ts'

/** A tag as NXP makes them: at each reading it says something else. */
export function createTag(keys: TagKeys, uidHex: string, counter = 0) {
  const uid = Buffer.from(uidHex, 'hex')
  return {
    uid: uidHex,
    /** @returns what a phone hands in */
    tap: () => {
      const count = Buffer.alloc(3)
      count.writeUIntLE(++counter, 0, 3)
      const plain = Buffer.concat([Buffer.of(0xc7), uid, count, Buffer.from('random')]).subarray(0, 16)
      const cipher = createCipheriv('aes-128-cbc', keys.meta, Buffer.alloc(16)).setAutoPadding(false)
      const picc = Buffer.concat([cipher.update(plain), cipher.final()])
      const fileKey = keys.systemId ? keyOfTag(keys.file, uid, keys.systemId) : keys.file
      const session = cmac(fileKey, Buffer.concat([Buffer.from('3cc300010080', 'hex'), uid, count]))
      const mac = cmac(session, Buffer.alloc(0)).filter((_, i) => i % 2 === 1)
      return { picc_data: picc.toString('hex'), cmac: Buffer.from(mac).toString('hex') }
    },
  }
}
