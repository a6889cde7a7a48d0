import { createHash } from 'node:crypto'

/** J&T's signature of a JSON text, as its PHP sample has it: `base64_encode(md5($data_json . $key))`. */
export function sign(text: string, key: string): string {
  const hex = createHash('md5').update(`${text}${key}`, 'utf8').digest('hex')
  return Buffer.from(hex, 'ascii').toString('base64')
}
