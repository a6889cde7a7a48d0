import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inflateSync } from 'node:zlib'
import { create } from 'fontkit'
import type { Font } from 'fontkit'

// All under the SIL Open Font License, which lets a document carry the glyphs that it uses. The first that has a
// character prints it: Noto Sans has Latin, Greek, Cyrillic and Devanagari, the next three what it lacks and is written
// around here, the last nearly everything else, plainly. One more script is one more line before the last.
const fallbacks = [
  '@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf',
  '@expo-google-fonts/noto-sans-javanese/400Regular/NotoSansJavanese_400Regular.ttf',
  '@expo-google-fonts/noto-emoji/400Regular/NotoEmoji_400Regular.ttf',
  '@fontsource/unifontex/files/unifontex-latin-400-normal.woff',
]
const mains = {
  regular: '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans/600SemiBold/NotoSans_600SemiBold.ttf',
}
export type Weight = keyof typeof mains

export const mainFont = (weight: Weight) => open(mains[weight])

/** The first font, from the one wished on, that has every character of a text and can set it, or null. */
export function fontFor(text: string, wished: Font, canSet: (text: string, font: Font) => boolean): Font | null {
  // characters that only steer others need no glyph
  const visible = Array.from(text.replace(steering, ''), (char) => char.codePointAt(0)!)
  const suits = (font: Font) => visible.every((codePoint) => font.hasGlyphForCodePoint(codePoint)) && canSet(text, font)
  if (suits(wished)) return wished
  for (const file of fallbacks) if (suits(open(file))) return open(file)
  return null
}

/** Joiners, variation selectors and the tags of flags. */
export const steering = /[\p{Join_Control}\p{Variation_Selector}\u{e0020}-\u{e007f}]/gu

const opened = new Map<string, Font>()

// read when a text first needs it, then kept: most invoices need the first alone
function open(file: string): Font {
  const known = opened.get(file)
  if (known) return known
  const bytes = readFileSync(fileURLToPath(import.meta.resolve(file)))
  const font = create(bytes.toString('latin1', 0, 4) === 'wOFF' ? unpacked(bytes) : bytes)
  if (!('layout' in font)) throw new Error(`${file} holds several fonts`)
  opened.set(file, font)
  return font
}

/**
 * A WOFF file as the OpenType font that it packs (https://www.w3.org/TR/WOFF/): fontkit reads it as it is too, but
 * inflates a table of megabytes again for every glyph, 50 ms each.
 */
function unpacked(woff: Buffer) {
  const count = woff.readUInt16BE(12)
  const tables = Array.from({ length: count }, (_, i) => {
    const entry = woff.subarray(44 + i * 20, 64 + i * 20)
    const [offset, packedLength, length] = [entry.readUInt32BE(4), entry.readUInt32BE(8), entry.readUInt32BE(12)]
    const packed = woff.subarray(offset, offset + packedLength)
    return {
      tag: entry.subarray(0, 4),
      sum: entry.subarray(16),
      data: packedLength < length ? inflateSync(packed) : packed,
    }
  })
  const head = Buffer.alloc(12 + count * 16)
  woff.copy(head, 0, 4, 8)
  // the fields for binary search after the count stay zero: fontkit does not use them
  head.writeUInt16BE(count, 4)
  const parts: Uint8Array[] = [head]
  let end = head.length
  for (const [i, { tag, sum, data }] of tables.entries()) {
    const entry = 12 + i * 16
    tag.copy(head, entry)
    sum.copy(head, entry + 4)
    head.writeUInt32BE(end, entry + 8)
    head.writeUInt32BE(data.length, entry + 12)
    const padding = Buffer.alloc(-data.length & 3)
    parts.push(data, padding)
    end += data.length + padding.length
  }
  return Buffer.concat(parts)
}
