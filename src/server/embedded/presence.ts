import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from './errors.ts'

/*
 * Who uses a data folder, kept as locks of the operating system, which end with the process whatever ended it: no list
 * to go stale, no process ids to mistake for others. Node has no call for such locks, but the SQLite inside it takes
 * them on every platform: the two files here are SQLite databases that stay empty.
 */

const turnFile = 'postgres.turn'
const usersFile = 'postgres.users'

/** Does the work while no other process, and nobody else in this one, is inside `inTurn` for the same folder. */
export async function inTurn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 300_000
  const turn = openFile(join(folder, turnFile))
  try {
    while (!take(turn, 'begin exclusive')) {
      if (Date.now() > deadline)
        throw new Error(`Another process has been starting the database in ${folder} for 5 min`)
      await sleep(20)
    }
    return await work()
  } finally {
    turn.close()
  }
}

/** Counts this process as a user of the folder, until what it returns is called or the process ends. Only in turn. */
export function enter(folder: string): () => void {
  const mark = openFile(join(folder, usersFile))
  // An open read: shared with other readers, in the way of a writer.
  if (!take(mark, 'begin; select 1 from sqlite_schema')) throw new Error(`${join(folder, usersFile)} is locked`)
  return () => mark.close()
}

/** Whether any process is counted as a user of the folder. Only in turn. */
export function inUse(folder: string): boolean {
  if (!existsSync(join(folder, usersFile))) return false
  const users = openFile(join(folder, usersFile))
  try {
    return !take(users, 'begin exclusive')
  } finally {
    users.close()
  }
}

function openFile(path: string) {
  try {
    return new DatabaseSync(path)
  } catch (error) {
    throw new Error(`${path} cannot be opened for writing`, { cause: error })
  }
}

function take(file: DatabaseSync, lock: string) {
  try {
    file.exec(lock)
    return true
  } catch (error) {
    const [busy, readOnly] = [5, 8]
    if (codeOf(error) === busy) return false
    if (codeOf(error) === readOnly) throw new Error('its files belong to another user', { cause: error })
    throw error
  }
}
