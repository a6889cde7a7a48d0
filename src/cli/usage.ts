/** A line for whoever typed the command. */
export const say = (line: string) => process.stdout.write(`${line}\n`)

/** Something that a person did wrong: said in one line, without a stack. */
export class UsageError extends Error {
  override name = 'UsageError'
}
