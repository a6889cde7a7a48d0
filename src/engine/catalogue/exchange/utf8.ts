import { isUtf8 } from 'node:buffer'
import { FileRefused } from './record.ts'

/**
 * Decodes a stream as UTF-8, without its byte order mark. Bytes that are not UTF-8 become NUL, which no text may hold
 * either: so whoever reads the cells finds both by one look, and a true U+FFFD stays what it is.
 * @throws FileRefused when the stream begins as UTF-16
 */
export async function* decodeUtf8(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  let isFirst = true
  for await (const chunk of source) {
    const bytes = Buffer.concat([rest, chunk])
    if (bytes.length < 3) {
      rest = bytes
      continue
    }
    const whole = wholeCharacters(bytes)
    rest = bytes.subarray(whole)
    const text = decode(bytes.subarray(0, whole))
    yield isFirst ? withoutMark(bytes, text) : text
    isFirst = false
  }
  if (rest.length > 0) yield decode(rest)
}

/** How many of the bytes there are before a character that the chunk cuts in two. */
function wholeCharacters(bytes: Buffer) {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

function decode(bytes: Buffer) {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const parts: string[] = []
  for (let from = 0; ;) {
    const at = bytes.indexOf('\ufffd', from)
    parts.push(bytes.toString('utf8', from, at < 0 ? bytes.length : at).replaceAll('\ufffd', '\0'))
    if (at < 0) return parts.join('\ufffd')
    from = at + 3
  }
}

function withoutMark(bytes: Buffer, text: string) {
  const mark = bytes.readUInt16BE(0)
  if (mark === 0xfffe || mark === 0xfeff) throw new FileRefused('the file is UTF-16: save it as CSV in UTF-8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}
