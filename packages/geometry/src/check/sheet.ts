import { nearestOfTriangle, type Surface } from './nearest.ts'

/**
 * How deep flesh is pressed at a point that has gone into it by one triangle of the skin and is nearest to another
 * one, which looks the other way: the least radius of a ball round the point in which the two hang together. Where a
 * fold's crest is passed just below its top that is the way to the top; a point in the midst of a sheet is no deeper
 * than half of it, but has to go round the sheet's edge, or through.
 * @param limitMm nothing farther is looked for
 * @returns mm, the limit where they do not hang together within it
 */
export function roundTheEdge(
  skin: Surface,
  one: number,
  other: number,
  x: number,
  y: number,
  z: number,
  limitMm: number,
): number {
  const { mesh } = skin.cells
  const together = (mm: number) => hangTogether(skin, one, other, x, y, z, mm)
  if (!together(limitMm)) return limitMm
  let low = Math.max(nearestOfTriangle(mesh, one, x, y, z, limitMm), nearestOfTriangle(mesh, other, x, y, z, limitMm))
  let high = limitMm
  while (high - low > preciseMm) {
    const middle = (low + high) / 2
    if (together(middle)) high = middle
    else low = middle
  }
  return high
}

const preciseMm = 0.02

/** Whether one triangle is reached from another across sides, by triangles that all come into a ball. */
function hangTogether(
  { cells, across }: Surface,
  one: number,
  other: number,
  x: number,
  y: number,
  z: number,
  mm: number,
): boolean {
  const within = (t: number) => nearestOfTriangle(cells.mesh, t, x, y, z, mm) < Infinity
  if (!within(one) || !within(other)) return false
  const seen = new Set([one])
  const stack = [one]
  while (stack.length > 0) {
    const t = stack.pop()!
    if (t === other) return true
    for (let h = 3 * t; h < 3 * t + 3; h++) {
      const next = across[h]
      if (next < 0 || seen.has(next)) continue
      seen.add(next)
      if (within(next)) stack.push(next)
    }
  }
  return false
}
