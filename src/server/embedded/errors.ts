/** The code by which an error of the system, of PostgreSQL or of SQLite says what it is. */
export function codeOf(error: unknown): string | number | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'errcode' in error ? error.errcode : 'code' in error ? error.code : undefined
  return typeof code === 'string' || typeof code === 'number' ? code : undefined
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** The promise's value, or `undefined` where the file it is about does not exist. */
export async function ifThere<T>(file: Promise<T>): Promise<T | undefined> {
  try {
    return await file
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return undefined
  }
}
