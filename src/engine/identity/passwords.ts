import { hash, verify } from '@node-rs/argon2'

// Argon2id by OWASP's first choice for a server that has memory to spare little: 19 MiB, 2 passes, 1 lane
const cost = { algorithm: 2, memoryCost: 19456, timeCost: 2, parallelism: 1 } as const

/** Argon2id, in PHC form. Takes some 30 ms of a worker thread: call it outside a transaction. */
export const hashPassword = (password: string) => hash(password, cost)

let decoy: Promise<string> | undefined

/**
 * Compares a password with a hash, in the same time whether or not there is one.
 * @param phc null for an account that does not exist: a decoy is compared, and the answer is no
 */
export async function passwordMatches(phc: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword('no account has this password')
  const matches = await verify(phc ?? (await decoy), password)
  return matches && phc !== null
}
