import { type Color } from './light.ts'
import { type Image } from './png.ts'
import { descent, letterGap, strokesOfCharacter, textWidth } from './stroke-font.ts'

/**
 * What a pen has covered, one byte a pixel. A stroke is put down whole before it is coloured, so that a translucent
 * line does not darken where its pieces meet.
 */
export interface Stencil {
  readonly width: number
  readonly height: number
  readonly cover: Uint8Array
  /** the part in use: left, top, right, bottom (the last two not included) */
  readonly used: [number, number, number, number]
}

export const stencil = (width: number, height: number): Stencil => ({
  width,
  height,
  cover: new Uint8Array(width * height),
  used: [width, height, 0, 0],
})

/** Puts down a straight line with round ends, `thick` pixels across, edges smoothed by their distance. */
export function stroke(on: Stencil, x0: number, y0: number, x1: number, y1: number, thick: number): void {
  if (!Number.isFinite(x0 + y0 + x1 + y1)) return
  const { width, height, cover, used } = on
  // thinner than a pixel: as wide as one, and paler
  const radius = Math.max(thick, 1) / 2
  const full = 255 * Math.min(1, thick)
  const reach = radius + 0.5
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach))
  const right = Math.min(width, Math.ceil(Math.max(x0, x1) + reach))
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach))
  const bottom = Math.min(height, Math.ceil(Math.max(y0, y1) + reach))
  if (left >= right || top >= bottom) return
  const dx = x1 - x0
  const dy = y1 - y0
  const long = dx * dx + dy * dy
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - x0
      const py = y + 0.5 - y0
      const t = long > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / long)) : 0
      const away = Math.hypot(px - t * dx, py - t * dy)
      if (away >= reach) continue
      const value = Math.round(full * Math.min(1, reach - away))
      const k = y * width + x
      if (value > cover[k]) cover[k] = value
    }
  }
  used[0] = Math.min(used[0], left)
  used[1] = Math.min(used[1], top)
  used[2] = Math.max(used[2], right)
  used[3] = Math.max(used[3], bottom)
}

/** Colours what was put down, and clears the stencil. */
export function print(on: Stencil, image: Image, color: Color, opacity = 1): void {
  const { width, cover, used } = on
  const channels = image.pixels.length / (image.width * image.height)
  for (let y = used[1]; y < used[3]; y++) {
    for (let x = used[0]; x < used[2]; x++) {
      const k = y * width + x
      if (cover[k] === 0) continue
      const share = (cover[k] / 255) * opacity
      cover[k] = 0
      for (let c = 0; c < 3; c++) {
        const at = k * channels + c
        image.pixels[at] = Math.round(image.pixels[at] + (color[c] - image.pixels[at]) * share)
      }
    }
  }
  used[0] = width
  used[1] = on.height
  used[2] = 0
  used[3] = 0
}

/** How wide a pen writes text of this size. */
export const penOf = (size: number) => Math.max(1.15, 0.125 * size)

/** A text as it stands in the picture: the box round its letters, pixels. */
export interface Written {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Puts down a line of text.
 * @param size height of a capital, pixels
 * @param x its left edge, or its middle or right edge by `align`
 * @param y the line it stands on
 */
export function write(
  on: Stencil,
  text: string,
  x: number,
  y: number,
  size: number,
  align: 'left' | 'middle' | 'right' = 'left',
): Written {
  const pen = penOf(size)
  const wide = textWidth(text) * size
  const left = align === 'left' ? x : align === 'middle' ? x - wide / 2 : x - wide
  let at = left
  const line = Math.round(y) - 0.5
  // small letters and capitals both end on whole pixels, where a horizontal stroke is sharp
  const low = Math.round(0.66 * size)
  const high = Math.round(size)
  const rise = (h: number) =>
    h <= 0 ? h * size : h <= 0.66 ? (h / 0.66) * low : low + ((h - 0.66) / 0.34) * (high - low)
  for (const character of text) {
    const letter = strokesOfCharacter(character)
    const edge = size < 24 ? Math.round(at) + 0.5 : at
    for (const points of letter.strokes) {
      for (let i = 1; i < points.length; i++) {
        const [ax, ay] = points[i - 1]
        const [bx, by] = points[i]
        stroke(on, edge + ax * size, line - rise(ay), edge + bx * size, line - rise(by), pen)
      }
    }
    at += (letter.width + letterGap) * size
  }
  return { text, x: left, y: y - size, width: wide, height: (1 + descent) * size }
}
