import { DatabaseError } from 'pg'

/** Data exceptions, broken constraints and limits: what the database says of the data, and will say again. */
const isAboutData = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && /^(22|23|54)/.test(error.code ?? '')

/**
 * Takes many things at once, so that one that the database cannot take does not keep the others out: then each half is
 * taken by itself, until what is refused is alone.
 * @param take one transaction
 * @throws what is not about the data
 */
export async function byHalves<T, R>(
  things: readonly T[],
  take: (some: readonly T[]) => Promise<R>,
  refuse: (thing: T, error: DatabaseError) => Promise<R>,
): Promise<R[]> {
  if (things.length === 0) return []
  try {
    return [await take(things)]
  } catch (error) {
    if (!isAboutData(error)) throw error
    if (things.length === 1) return [await refuse(things[0]!, error)]
    const half = things.length >> 1
    const first = await byHalves(things.slice(0, half), take, refuse)
    return [...first, ...(await byHalves(things.slice(half), take, refuse))]
  }
}
