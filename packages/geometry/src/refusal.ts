/** Every "no" the library can say, with the facts that belong to it. The codes are those that AnkrForge prints. */
export interface Refusals {
  /** No format that is known: told by the content, never by the name. */
  SCAN_FORMAT_UNKNOWN: { found: string }
  /** The file breaks the rules of its own format; `at` names the place ("header line 4", "vertex 17", "byte 212"). */
  SCAN_UNREADABLE: { format: string; at: string; why: string }
  /** More than is taken; checked before anything is allocated. */
  SCAN_TOO_LARGE: { what: 'bytes' | 'vertices' | 'triangles'; found: number; limit: number }
  /** Readable, but without a surface or points to work with. */
  SCAN_EMPTY: { why: string }
  /** Too poor to measure: the contract's refusal. */
  SCAN_QUALITY_LOW: { qualityScore: number; minimumRequired: number; suggestions: string[] }
  /** Another part of the body than was said, or than the module is for. */
  SCAN_BODY_PART_MISMATCH: { expected: string; found: string; confidence: number }
  /** A module, product or option that does not exist, or a value that it does not take. */
  DESIGN_OPTION_UNKNOWN: { option: string; value: string; allowed: string[] }
  /** The scan lacks what the product needs. */
  DESIGN_NOT_SUPPORTED: { missing: string[] }
  /** Made, checked, and found wanting: never handed over. */
  DESIGN_DOES_NOT_FIT: { failures: string[] }
  /** The caller asked to stop. */
  CANCELLED: Record<string, never>
}

/** Understood, and refused. `message` is for people: what was wrong and what would be right. */
export class GeometryRefusal<C extends keyof Refusals = keyof Refusals> extends Error {
  readonly code: C
  readonly details: Refusals[C]
  constructor(code: C, message: string, details: Refusals[C]) {
    super(message)
    this.code = code
    this.details = details
  }
}
