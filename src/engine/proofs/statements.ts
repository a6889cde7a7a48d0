import { hash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Ctx, Db } from '../context.ts'
import { canonical } from '../../verifier/documents.ts'
import type { Statement } from '../../verifier/documents.ts'
import type { Signer } from './keys.ts'

/** A statement as it is kept, and what the log holds of it. */
export interface SignedStatement {
  /** canonical JSON: the bytes that are signed */
  statement: string
  statementSignature: Buffer
  /** 16 random bytes: without them, nobody can try out what an entry of the log may stand for */
  salt: Buffer
  /** sha256(salt, statement), 32 bytes */
  entry: Buffer
}

type Unsigned<S> = S extends Statement ? Omit<S, 'key_id'> : never

/** Signs a statement, and makes the entry by which the log will hold it. */
export function signStatement(signer: Signer, stated: Unsigned<Statement>): SignedStatement {
  const statement = canonical({ ...stated, key_id: signer.kid })
  const salt = randomBytes(16)
  const entry = hash('sha256', Buffer.concat([salt, Buffer.from(statement)]), 'buffer')
  return { statement, statementSignature: signer.sign(statement), salt, entry }
}

/** What follows something is not dated before it, whatever the clocks of two servers say. */
export const notBefore = <C extends Ctx<Db>>(ctx: C, time: Date): C => (ctx.now >= time ? ctx : { ...ctx, now: time })

/** SHA-256 of a statement's bytes, hex: by which a correction names what it corrects. */
export const statementHash = (statement: string) => hash('sha256', statement, 'hex')

/**
 * A part of a WITH, `stated`, that appends a statement for the log to take in.
 * @param when what stands in a FROM: a statement is appended for each of its rows, which is one or none
 */
export const appendPart = (
  p: SignedStatement & { storeId: string; kid: string; now: Date },
  kind: 'enrolment' | 'delivery' | 'correction' | 'key',
  proofId: RawBuilder<unknown>,
  position: RawBuilder<unknown>,
  when: RawBuilder<unknown>,
) => sql`
  stated as (
    insert into log_entry (store_id, proof_id, kind, position, statement, signature, kid, salt, entry, at)
    select ${p.storeId}, ${proofId}, ${kind}, ${position}, ${p.statement}, ${p.statementSignature}, ${p.kid}, ${p.salt},
      ${p.entry}, ${p.now} from ${when}
  )`
