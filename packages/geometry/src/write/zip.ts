import { crc32, deflateRawSync } from 'node:zlib'
import { joined } from './bytes.ts'

/** Midnight of 1 January 1980, the earliest that the format knows: the same files make the same bytes. */
const date = 0x0021
const version = 20
const deflated = 8
/** Names are in UTF-8. */
const flags = 0x0800

/**
 * A ZIP archive (PKWARE APPNOTE 6.3, as ISO/IEC 21320-1 and the Open Packaging Conventions want it: deflated, neither
 * encrypted nor streamed) of a few files, in their order.
 * @param level of zlib's ten
 * @throws RangeError for what takes the archive past the 4 GiB of its fields
 */
export function zipOf(files: Readonly<Record<string, Uint8Array>>, level: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const [name, bytes] of Object.entries(files)) {
    const path = new TextEncoder().encode(name)
    const packed = deflateRawSync(bytes, { level })
    const entry = [flags, deflated, 0, date].flatMap(short)
    entry.push(...[crc32(bytes), packed.length, bytes.length].flatMap(long), ...short(path.length), 0, 0)
    const header = Uint8Array.from([...long(0x04034b50), ...short(version), ...entry])
    const about = [...short(version), ...short(version), ...entry, ...short(0), ...short(0), ...short(0), ...long(0)]
    directory.push(Uint8Array.from([...long(0x02014b50), ...about, ...long(at)]), path)
    parts.push(header, path, packed)
    at += header.length + path.length + packed.length
  }
  const count = short(Object.keys(files).length)
  const length = directory.reduce((sum, part) => sum + part.length, 0)
  const end = [0, 0, 0, 0, ...count, ...count, ...long(length), ...long(at), 0, 0]
  return joined([...parts, ...directory, Uint8Array.from([...long(0x06054b50), ...end])])
}

const short = (value: number) => [value & 0xff, value >> 8]

function long(value: number): number[] {
  if (value > 0xffff_ffff) throw new RangeError('an archive of this kind holds at most 4 GiB')
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
}
