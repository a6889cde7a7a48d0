import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto'

/**
 * Secure Unique NFC messages of NTAG 424 DNA: at each reading the tag puts its UID and a counter, encrypted, and a MAC
 * over them into the address that it shows. NXP AN12196 (the message), AN10922 (a key of its own for each tag),
 * RFC 4493 (AES-CMAC).
 */

/** AES-128 keys of 16 bytes. */
export interface TagKeys {
  /** SDMMetaReadKey: under which UID and counter are encrypted; one for all tags, as it is needed to know which tag it is */
  meta: Buffer
  /** SDMFileReadKey: of the MAC */
  file: Buffer
  /** when the file key is a master key, from which each tag has its own (AN10922): the system identifier in it */
  systemId: Buffer | null
}

/** What a phone reads from a tag, in hex. */
export interface TapMessage {
  /** PICCData: 16 bytes */
  picc: string
  /** SDMMAC: 8 bytes */
  cmac: string
  /** SDMENCFileData, when the tag mirrors that and its MAC is over it; null when the MAC is over nothing more */
  file: string | null
}

export interface Tap {
  /** 7 bytes */
  uid: Buffer
  /** how often the tag was read, this time included */
  counter: number
}

const zeroes = Buffer.alloc(16)
/** UID and counter are mirrored, and the UID has seven bytes. */
const piccTag = 0xc7
/** NDEF application of the tag, part of what its own key is made of. */
const applicationId = Buffer.from('3042f5', 'hex')

/** @returns null for a message that no tag with these keys has made */
export function readTapMessage(keys: TagKeys, { picc, cmac: mac, file }: TapMessage): Tap | null {
  const decipher = createDecipheriv('aes-128-cbc', keys.meta, zeroes).setAutoPadding(false)
  const plain = Buffer.concat([decipher.update(Buffer.from(picc, 'hex')), decipher.final()])
  if (plain[0] !== piccTag) return null
  const uid = plain.subarray(1, 8)
  const count = plain.subarray(8, 11)
  const fileKey = keys.systemId ? keyOfTag(keys.file, uid, keys.systemId) : keys.file
  const sessionKey = cmac(fileKey, Buffer.concat([Buffer.from('3cc300010080', 'hex'), uid, count]))
  // as the tag does, over the text as it stands in the address
  const full = cmac(sessionKey, Buffer.from(file === null ? '' : `${file.toUpperCase()}&cmac=`))
  const truncated = Buffer.from(full.filter((_, i) => i % 2 === 1))
  return timingSafeEqual(truncated, Buffer.from(mac, 'hex')) ? { uid, counter: count.readUIntLE(0, 3) } : null
}

/** The key of one tag, from a master key (AN10922, 2.2: AES-128). */
export const keyOfTag = (master: Buffer, uid: Buffer, systemId: Buffer): Buffer =>
  cmac(master, Buffer.concat([Buffer.of(1), uid, applicationId, systemId]))

/** AES-CMAC (RFC 4493). */
export function cmac(key: Buffer, message: Buffer): Buffer {
  const subkey = double(encrypt(key, zeroes))
  const blocks = Math.max(1, Math.ceil(message.length / 16))
  const isWhole = message.length === blocks * 16
  const last = Buffer.alloc(16)
  message.copy(last, 0, (blocks - 1) * 16)
  if (!isWhole) last[message.length % 16] = 0x80
  xor(last, isWhole ? subkey : double(subkey))
  let state: Buffer = Buffer.alloc(16)
  for (let i = 0; i < blocks; i++) {
    xor(state, i === blocks - 1 ? last : message.subarray(i * 16, i * 16 + 16))
    state = encrypt(key, state)
  }
  return state
}

function encrypt(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}

/** Twice an element of GF(2^128). */
function double(block: Buffer): Buffer {
  const doubled = Buffer.alloc(16)
  for (let i = 0; i < 16; i++) doubled[i] = ((block[i]! << 1) & 0xff) | (i < 15 ? block[i + 1]! >> 7 : 0)
  if (block[0]! & 0x80) doubled[15]! ^= 0x87
  return doubled
}

function xor(target: Buffer, other: Buffer) {
  for (let i = 0; i < 16; i++) target[i]! ^= other[i]!
}
