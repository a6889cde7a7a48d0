import type { Cursor } from '../../../engine/erp/erp.ts'
import { printTime } from './values.ts'

/** Finds changes in two ways, each of which names a time by its second. */
export interface Source<T extends Cursor> {
  /** those within a second and with a greater id, by id */
  within(second: Date, afterId: number, limit: number): Promise<T[]>
  /** those from a second on, oldest first; within a second, in any order */
  following(from: Date, limit: number): Promise<T[]>
}

/**
 * One page of what changed, by second and id.
 *
 * Odoo keeps the time of a change to the microsecond, compares and sorts by that, and prints seconds. So the printed
 * time of the last record can neither be looked for with `=`, nor does `id` break the ties that we see: going on
 * "after this time, or at it with a greater id" leaves out what stood earlier by id and later by its microseconds.
 * Here a second is only ever asked for as a range, and one that a page ends in is read by id.
 * @param since inclusive, cut to its second
 */
export async function pageOfChanges<T extends Cursor>(
  source: Source<T>,
  since: Date,
  after: Cursor | null,
  limit: number,
): Promise<T[]> {
  if (limit <= 0) return []
  const rest = after ? await source.within(after.changedAt, after.id, limit) : []
  const room = limit - rest.length
  if (room <= 0) return rest
  const rows = await source.following(after ? nextSecond(after.changedAt) : since, room)
  const last = rows.at(-1)
  if (!last || rows.length < room) return [...rest, ...rows.sort(byChange)]
  const whole = rows.filter((row) => row.changedAt < last.changedAt).sort(byChange)
  return [...rest, ...whole, ...(await source.within(last.changedAt, 0, room - whole.length))]
}

export const byChange = (a: Cursor, b: Cursor) => a.changedAt.getTime() - b.changedAt.getTime() || a.id - b.id

export const nextSecond = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000 + 1000)

export const isWithin = (second: Date): [string, string, string][] => [
  ['write_date', '>=', printTime(second)],
  ['write_date', '<', printTime(nextSecond(second))],
]

export const isFrom = (time: Date): [string, string, string] => ['write_date', '>=', printTime(time)]

/** The changes of one model's records, where the record's own id is the change's. */
export const changesOf = <T extends Cursor>(
  read: (domain: unknown[], order: string, limit: number) => Promise<T[]>,
): Source<T> => ({
  within: (second, afterId, limit) => read([...isWithin(second), ['id', '>', afterId]], 'id', limit),
  following: (from, limit) => read([isFrom(from)], 'write_date, id', limit),
})
