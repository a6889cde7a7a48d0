/** Pixels round about, pair by pair on opposite sides: 4x4 patterns of 8 pairs, so that 16 neighbours see 128. */
const pairs = 8
const tile = 4

function patterns(radius: number): Float64Array {
  const out = new Float64Array(tile * tile * pairs * 3)
  let at = 0
  for (let cell = 0; cell < tile * tile; cell++) {
    // the bits of the cell's number, turned round: neighbours get angles far apart
    const turn = (((cell * 7) % 16) / 16) * Math.PI
    const part = ((cell * 11) % 16) / 16
    for (let pair = 0; pair < pairs; pair++) {
      const angle = turn + pair * Math.PI * (Math.sqrt(5) - 1)
      const away = radius * (0.08 + 0.92 * ((pair + part) / pairs) ** 1.5)
      out[at++] = Math.cos(angle) * away
      out[at++] = Math.sin(angle) * away
      out[at++] = 1 / Math.max(away, 1)
    }
  }
  return out
}

/**
 * How much of a hollow each pixel lies in: 0 on plain surfaces and slopes, up to 1 deep in a hollow, down to -1 on
 * a ridge. Each pair of opposite points is compared with the middle between them, so that a slope cancels out; a step
 * counts as a wall of 45°, however high. Kin to depth unsharp masking (Luft, Colditz, Deussen, SIGGRAPH 2006).
 * @param nearness one a pixel, in pixels' widths, -Infinity where there is nothing
 * @param radius pixels: the size of the hollows that are to be seen
 */
export function hollows(nearness: Float32Array, width: number, height: number, radius: number): Float32Array {
  const raw = new Float32Array(width * height)
  const pattern = patterns(radius)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const k = y * width + x
      const here = nearness[k]
      if (here === -Infinity) continue
      let sum = 0
      let p = ((y % tile) * tile + (x % tile)) * pairs * 3
      for (let pair = 0; pair < pairs; pair++, p += 3) {
        const dx = Math.round(pattern[p])
        const dy = Math.round(pattern[p + 1])
        const steep = pattern[p + 2]
        const one = rise(nearness, width, height, x + dx, y + dy, here) * steep
        const other = rise(nearness, width, height, x - dx, y - dy, here) * steep
        // nothing on one side: the rim of the scan is neither hollow nor ridge
        if (one !== one || other !== other) continue
        sum += Math.max(-1, Math.min(1, one)) + Math.max(-1, Math.min(1, other))
      }
      raw[k] = sum / (2 * pairs)
    }
  }
  return smoothed(raw, nearness, width, height, radius)
}

/**
 * The same for a sample of a pixel that lies farther than the pixel's nearest one, where one surface ends before
 * another: that of the neighbour which is about as near as the sample.
 */
export function hollowOfSample(
  hollow: Float32Array,
  nearness: Float32Array,
  width: number,
  height: number,
  pixel: number,
  near: number,
): number {
  let best = pixel
  let least = Math.abs(nearness[pixel] - near)
  const x = pixel % width
  const y = Math.floor(pixel / width)
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      const away = Math.abs(nearness[row * width + column] - near)
      if (away < least) {
        least = away
        best = row * width + column
      }
    }
  }
  return hollow[best]
}

function rise(nearness: Float32Array, width: number, height: number, x: number, y: number, here: number): number {
  if (x < 0 || y < 0 || x >= width || y >= height) return Number.NaN
  const there = nearness[y * width + x]
  return there === -Infinity ? Number.NaN : there - here
}

/** The mean over one tile of the pattern, of the pixels on the same surface only. */
function smoothed(raw: Float32Array, nearness: Float32Array, width: number, height: number, radius: number) {
  const out = new Float32Array(raw.length)
  const apart = Math.max(3, radius / 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const k = y * width + x
      const here = nearness[k]
      if (here === -Infinity) continue
      let sum = 0
      let count = 0
      for (let row = Math.max(0, y - 2); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 2); column <= Math.min(width - 1, x + 1); column++) {
          const j = row * width + column
          if (Math.abs(nearness[j] - here) < apart) {
            sum += raw[j]
            count++
          }
        }
      }
      out[k] = count > 0 ? sum / count : raw[k]
    }
  }
  return out
}
