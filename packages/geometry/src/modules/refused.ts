import { GeometryRefusal } from '../refusal.ts'

/** The scan is not enough, or not good enough. */
const lacks = new Set<string>(['DESIGN_NOT_SUPPORTED', 'SCAN_QUALITY_LOW'])

/** What a step refuses a scan for, in words; nothing when it goes through. */
export function refusedFor(step: () => unknown): string[] {
  try {
    step()
    return []
  } catch (error) {
    if (error instanceof GeometryRefusal && lacks.has(error.code)) return [error.message]
    throw error
  }
}
