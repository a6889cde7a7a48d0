import { type Camera } from './camera.ts'

/**
 * The directions of a surface of which only points are known, read from the picture itself: at each pixel the plane
 * that fits the nearness of the pixels round it best (least squares), those of another surface left out.
 * @param nearness one a pixel, in pixels' widths, -Infinity where there is nothing
 * @returns nx ny nz in space, three a pixel, towards the eye
 */
export function pointDirections(nearness: Float32Array, width: number, height: number, camera: Camera): Float32Array {
  const out = new Float32Array(width * height * 3)
  const { right, up, look } = camera
  const reach = 6
  const apart = 12
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const k = y * width + x
      const here = nearness[k]
      if (here === -Infinity) continue
      let n = 0
      let sx = 0
      let sy = 0
      let sz = 0
      let sxx = 0
      let sxy = 0
      let syy = 0
      let sxz = 0
      let syz = 0
      for (let dy = -reach; dy <= reach; dy += 2) {
        for (let dx = -reach; dx <= reach; dx += 2) {
          const row = y + dy
          const column = x + dx
          if (row < 0 || column < 0 || row >= height || column >= width) continue
          const z = nearness[row * width + column] - here
          if (!(Math.abs(z) < apart)) continue
          n++
          sx += dx
          sy += dy
          sz += z
          sxx += dx * dx
          sxy += dx * dy
          syy += dy * dy
          sxz += dx * z
          syz += dy * z
        }
      }
      const xx = sxx - (sx * sx) / n
      const xy = sxy - (sx * sy) / n
      const yy = syy - (sy * sy) / n
      const xz = sxz - (sx * sz) / n
      const yz = syz - (sy * sz) / n
      const det = xx * yy - xy * xy
      const slopeX = det > 1e-6 ? (xz * yy - yz * xy) / det : 0
      const slopeY = det > 1e-6 ? (yz * xx - xz * xy) / det : 0
      const size = Math.hypot(slopeX, slopeY, 1)
      for (let axis = 0; axis < 3; axis++) {
        out[3 * k + axis] = (-slopeX * right[axis] + slopeY * up[axis] - look[axis]) / size
      }
    }
  }
  return out
}
