/** A circle in plan, mm. */
export interface Circle {
  readonly x: number
  readonly y: number
  readonly r: number
}

/** The convex outline round some circles: arcs and the tangents between them. All of it is arithmetic. */
export interface PlanOutline {
  /** how far it reaches in a direction (radians): its support function */
  reach(angle: number): number
  /** the outermost point in a direction */
  touch(angle: number): [number, number]
  /** mm from the outline inwards; negative outside (there it is a lower bound of the distance) */
  depth(x: number, y: number): number
  /** right and left end of the line at right angles to a direction, at a distance along it; null when it misses */
  across(along: number, angle?: number): [number, number] | null
}

interface Arc extends Circle {
  /** the arc is seen from its middle between these angles, from <= to */
  readonly from: number
  readonly to: number
}

interface Tangent {
  /** cos · x + sin · y <= c, with the outward direction (cos, sin) */
  readonly cos: number
  readonly sin: number
  readonly c: number
}

export function outlineOf(circles: readonly Circle[]): PlanOutline {
  const outermost = (angle: number) => {
    const c = Math.cos(angle)
    const s = Math.sin(angle)
    return circles.reduce((best, one) =>
      one.x * c + one.y * s + one.r > best.x * c + best.y * s + best.r ? one : best,
    )
  }
  const reach = (angle: number) => {
    const { x, y, r } = outermost(angle)
    return x * Math.cos(angle) + y * Math.sin(angle) + r
  }
  const { arcs, tangents } = partsOf(circles, outermost)

  const depth = (x: number, y: number) => {
    let least = Infinity
    for (const { cos, sin, c } of tangents) least = Math.min(least, c - cos * x - sin * y)
    for (const arc of arcs) {
      const angle = Math.atan2(y - arc.y, x - arc.x)
      if (inArc(arc, angle)) least = Math.min(least, arc.r - Math.hypot(x - arc.x, y - arc.y))
    }
    return least
  }

  const across = (along: number, angle = 0): [number, number] | null => {
    const c = Math.cos(angle)
    const s = Math.sin(angle)
    let right = -Infinity
    let left = Infinity
    for (const line of tangents) {
      const side = -line.cos * s + line.sin * c
      const room = line.c - (line.cos * c + line.sin * s) * along
      if (side > 1e-12) left = Math.min(left, room / side)
      else if (side < -1e-12) right = Math.max(right, room / side)
      else if (room < 0) return null
    }
    for (const arc of arcs) {
      const ahead = along - (arc.x * c + arc.y * s)
      const half = arc.r ** 2 - ahead ** 2
      if (half < 0) continue
      const middle = -arc.x * s + arc.y * c
      const up = Math.sqrt(half)
      if (inArc(arc, Math.atan2(up, ahead) + angle)) left = Math.min(left, middle + up)
      if (inArc(arc, Math.atan2(-up, ahead) + angle)) right = Math.max(right, middle - up)
    }
    return left >= right && along <= reach(angle) && along >= -reach(angle + Math.PI) ? [right, left] : null
  }

  return {
    reach,
    touch(angle) {
      const { x, y, r } = outermost(angle)
      return [x + r * Math.cos(angle), y + r * Math.sin(angle)]
    },
    depth,
    across,
  }
}

function inArc({ from, to }: Arc, angle: number): boolean {
  const past = (((angle - from) % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)
  return past <= to - from + 1e-12
}

/** Goes round once, and finds the directions in which one circle takes over from another by halving. */
function partsOf(circles: readonly Circle[], outermost: (angle: number) => Circle) {
  const steps = 3600
  const changes: { angle: number; before: Circle; after: Circle }[] = []
  for (let i = 0; i < steps; i++) {
    let low = (2 * Math.PI * i) / steps
    let high = (2 * Math.PI * (i + 1)) / steps
    const before = outermost(low)
    const after = outermost(high)
    if (before === after) continue
    for (let k = 0; k < 60; k++) {
      const middle = (low + high) / 2
      if (outermost(middle) === before) low = middle
      else high = middle
    }
    changes.push({ angle: (low + high) / 2, before, after })
  }
  if (changes.length === 0) return { arcs: [{ ...circles[0], from: 0, to: 2 * Math.PI }], tangents: [] }
  const tangents = changes.map(({ angle, before }): Tangent => {
    const cos = Math.cos(angle)
    const sin = Math.sin(angle)
    return { cos, sin, c: before.x * cos + before.y * sin + before.r }
  })
  const arcs = changes.map(({ angle, after }, i): Arc => {
    const next = changes[(i + 1) % changes.length].angle
    return { ...after, from: angle, to: next > angle ? next : next + 2 * Math.PI }
  })
  return { arcs, tangents }
}
