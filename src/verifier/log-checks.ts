import { fromHex, toHex } from './bytes.ts'
import { canonical } from './documents.ts'
import type { ProofFile } from './file.ts'
import { cosignaturesOf, noteKinds, readVerifierKey, signatureOf } from './notes.ts'
import { check } from './report.ts'
import type { Check, Facts } from './report.ts'
import { each } from './story.ts'
import type { Placed } from './story.ts'
import { agree, isIncluded, logEntry } from './tree.ts'
import type { Subtrees } from './tree.ts'

/** Each checkpoint is the log's, each entry is in it, and all of them are of one log. */
export async function logChecks({ log }: ProofFile, placed: readonly Placed[]): Promise<Check[]> {
  const key = await readVerifierKey(log.key, noteKinds.ed25519)
  const trees: { label: string; size: number; root: string; met: Subtrees }[] = []
  const checks = await each(placed, async ({ entry, label, proof }) => {
    const { checkpoint, note, index } = proof
    const { origin, size } = checkpoint
    const whose = async () => {
      if (!key) return 'the log’s key is no Ed25519 verifier key'
      if (key.name !== log.origin) return 'the log’s key is of another log'
      if (origin !== log.origin) return 'the checkpoint is of another log'
      return (await signatureOf(note, key)) ? undefined : 'the checkpoint is not as the log signed it'
    }
    const met: Subtrees = new Map()
    const isIn = await isIncluded(await logEntry(fromHex(entry.salt)!, canonical(entry.statement)), proof, met)
    if (isIn) trees.push({ label, size, root: toHex(checkpoint.root), met })
    const outside =
      index >= size ? `place ${index} is outside a log of ${size}` : `it is not in the log at place ${index}`
    return [
      check('checkpoint', label, await whose(), `signed by the log, with ${size} entries in it`),
      check('inclusion', label, isIn ? undefined : outside, `in the log at place ${index}`),
    ]
  })
  const forked = trees.find((a) => trees.some((b) => (a.size === b.size && a.root !== b.root) || !agree(a.met, b.met)))
  const fork = forked && `the log is forked: the checkpoint of the ${forked.label} contradicts another`
  return [...checks, check('one log', undefined, fork, 'no two checkpoints in the file contradict each other')]
}

/** How long after its own time a statement may have been seen: clocks differ. In milliseconds. */
const clockSkew = 300_000

/** Who else has seen the log so, and when: without one, its times are the store's own. */
export async function witnessChecks(placed: readonly Placed[], witnesses: readonly string[] = []) {
  const seen: Facts['seen'] = []
  if (witnesses.length === 0) return { seen, checks: [] }
  const keys = await Promise.all(witnesses.map((witness) => readVerifierKey(witness, noteKinds.cosignature)))
  const unread = keys.indexOf(undefined)
  const checks = await each(placed, async ({ entry, label, proof }) => {
    const ask = async () => {
      if (unread !== -1) return `${witnesses[unread]} is no verifier key of a witness`
      let isSeen = false
      for (const key of keys) {
        const cosignatures = await cosignaturesOf(proof.note, key!)
        if (!cosignatures) return `what claims to be ${key!.name}’s cosignature is not`
        if (cosignatures.length === 0) continue
        const time = Math.min(...cosignatures.map(({ at }) => at))
        if (Date.parse(entry.statement.at) > time * 1000 + clockSkew)
          return `it is dated ${entry.statement.at}, later than ${key!.name} saw it in the log at ${instant(time)}`
        isSeen = true
        const { size } = proof.checkpoint
        if (!seen.some((one) => one.witness === key!.name && one.size === size))
          seen.push({ witness: key!.name, size, at: instant(time) })
      }
      return isSeen ? undefined : 'none of the witnesses you name has seen its checkpoint'
    }
    return [check('witness', label, await ask(), 'a witness that you name has seen its checkpoint')]
  })
  return { seen, checks }
}

const instant = (seconds: number) => new Date(seconds * 1000).toISOString()
