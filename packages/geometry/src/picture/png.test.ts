import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { seeded } from '../mesh/random.ts'
import { encodePng, type Image } from './png.ts'

/** Slopes, plain parts and noise, so that each of the five filters is the best somewhere. */
function patchwork(width: number, height: number, channels: 3 | 4): Image {
  const pixels = new Uint8Array(width * height * channels)
  const random = seeded(7)
  for (let i = 0; i < pixels.length; i++) {
    const x = Math.floor(i / channels) % width
    const y = Math.floor(i / channels / width)
    const kinds = [random() * 256, x * 3, y * 5, x + y, (x * y) >> 2, 200]
    pixels[i] = kinds[(y >> 2) % kinds.length]
  }
  return { width, height, pixels }
}

for (const channels of [3, 4] as const) {
  test(`an independent reader finds the very pixels, ${channels} bytes each`, async () => {
    const image = patchwork(97, 61, channels)
    const { data, info } = await sharp(encodePng(image)).raw().toBuffer({ resolveWithObject: true })
    assert.deepEqual([info.width, info.height, info.channels], [97, 61, channels])
    assert.deepEqual(new Uint8Array(data), image.pixels)
  })
}

test('a soft slope takes less than a twentieth of its bytes', () => {
  const pixels = Uint8Array.from({ length: 300 * 300 * 3 }, (_, i) => (Math.floor(i / 3) % 300) / 2 + i / 5400)
  assert.ok(encodePng({ width: 300, height: 300, pixels }).length < pixels.length / 20)
})

test('pixels of another number of bytes are refused', () => {
  assert.throws(() => encodePng({ width: 4, height: 4, pixels: new Uint8Array(32) }), RangeError)
})
