/** A stretch of the centre line. */
export type CanalPiece =
  | { readonly straight: number }
  /** An arc of a circle, `length` mm long, that turns by `bendDeg`; its plane lies `planeDeg` round from the first axis. */
  | { readonly bendDeg: number; readonly length: number; readonly planeDeg?: number }

/** The ellipse at arc length `s`: full axes, mm; the first lies `turnDeg` round from the first axis. */
export interface CanalKey {
  readonly s: number
  readonly axes: readonly [number, number]
  readonly turnDeg?: number
}

/** What the canal opens into. */
export type CanalMouth =
  /** nothing: the scan ends at the entrance */
  | { readonly kind: 'none' }
  /**
   * A flat ring. `obliqueDeg` leans it about the second axis (the path has to start with a straight piece);
   * `rounding` is the radius of a quarter round at the rim (the canal has to be round and even there).
   */
  | { readonly kind: 'plate'; readonly radius: number; readonly obliqueDeg?: number; readonly rounding?: number }
  /** a cone round the axis, out to `radius`; its slope against the axis is more than 27°, or it would be canal still */
  | { readonly kind: 'funnel'; readonly radius: number; readonly halfAngleDeg: number }
  /** the bottom of a sphere of radius `sphere`, out to `radius`: a concha */
  | { readonly kind: 'bowl'; readonly radius: number; readonly sphere: number }

/** A bent tube of elliptic sections with straight and circular pieces: all its measurements are known by arithmetic. */
export interface CanalShape {
  /** from the entrance inwards */
  readonly path: readonly CanalPiece[]
  /** at least one, by rising s; linear between them, constant before the first and after the last */
  readonly keys: readonly CanalKey[]
  readonly mouth?: CanalMouth
  /** `round` adds half an ellipsoid, as long as the last section's mean half axis */
  readonly end?: 'open' | 'flat' | 'round'
  /** how many vertices, about (default 30,000) */
  readonly points?: number
  /** skin seen from the lumen (corners run anticlockwise seen from inside), or the outside of an impression */
  readonly faces?: 'lumen' | 'impression'
  /** moves vertices along the surface at random, as a share of their distance (0 to 0.8), so that no grid shows */
  readonly jitter?: number
  readonly seed?: number
}
