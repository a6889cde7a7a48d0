import { crc32, deflateSync } from 'node:zlib'
import { joined } from '../write/bytes.ts'

/** Pixels row by row from the top: r g b (three a pixel) or r g b a (four), 0 to 255, sRGB. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** Of zlib's ten: 9 makes drawn scans 15 % smaller, in eight times the time. */
const level = 4

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/**
 * A PNG file (ISO/IEC 15948) of an image, 8 bits a channel, with or without alpha by the number of bytes a pixel.
 * Rows are filtered by Paeth's predictor, all of them: trying the five filters on each row, as the standard suggests,
 * made drawn scans 3 % smaller in twice the time.
 * @throws RangeError when the pixels are neither three nor four bytes each
 */
export function encodePng({ width, height, pixels }: Image): Uint8Array {
  const channels = pixels.length / (width * height)
  if (channels !== 3 && channels !== 4) throw new RangeError('a pixel has three or four bytes')
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, channels === 3 ? 2 : 6, 0, 0, 0], 8)
  return joined([
    Uint8Array.from(signature),
    chunk('IHDR', header),
    chunk('sRGB', new Uint8Array(1)),
    chunk('IDAT', deflateSync(filtered(pixels, width * channels, height, channels), { level })),
    chunk('IEND', new Uint8Array(0)),
  ])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i)
  out.set(data, 8)
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)))
  return out
}

/** Each row as what Paeth's predictor leaves of it, with the number of that filter before it. */
function filtered(pixels: Uint8Array, stride: number, height: number, channels: number): Uint8Array {
  const out = new Uint8Array((stride + 1) * height)
  for (let y = 0, at = 0, to = 0; y < height; y++) {
    out[to++] = 4
    for (let i = 0; i < stride; i++, at++) {
      const left = i < channels ? 0 : pixels[at - channels]
      const above = y === 0 ? 0 : pixels[at - stride]
      const corner = i < channels || y === 0 ? 0 : pixels[at - stride - channels]
      const byLeft = Math.abs(above - corner)
      const byAbove = Math.abs(left - corner)
      const byCorner = Math.abs(left + above - 2 * corner)
      const guess = byLeft <= byAbove && byLeft <= byCorner ? left : byAbove <= byCorner ? above : corner
      out[to++] = pixels[at] - guess
    }
  }
  return out
}
