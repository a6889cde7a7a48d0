import type { Command } from 'commander'
import { inStore, time, wholeNumber } from './arguments.ts'

/** Keys, tags and the log of proofs of delivery, and who checks them without a server. */
export function proofCommands(program: Command): void {
  program.commandsGroup('Proofs of delivery:')

  const keys = program.command('keys').description('the keys that sign proofs')
  keys
    .command('list')
    .description('list them, those that signed before included')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).showKeys(place)),
    )
  keys
    .command('rotate')
    .description('publish the next key, which signs after a while; the old one stays published')
    .requiredOption('--store <slug>', 'the store')
    .option('--after <minutes>', 'when it begins: as long as verifiers may keep a fetched list', wholeNumber, 60)
    .action(async (options: { store: string; after: number }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).rotate(place, options.after)),
    )
  keys
    .command('revoke <kid>')
    .description('say that a key is not to be believed, because somebody else may have it')
    .requiredOption('--store <slug>', 'the store')
    .requiredOption('--reason <text>', 'for everybody to read')
    .option('--since <time>', 'ISO 8601; what it signed before is believed still; now without it', time)
    .action(async (kid: string, options: { store: string; reason: string; since?: Date }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).revoke(place, kid, options)),
    )

  program
    .command('tag-keys')
    .description('keys of tags that answer each tap anew (NTAG 424 DNA)')
    .command('add <name>')
    .description(
      'keep a batch’s keys, read from standard input: SDMMetaReadKey and SDMFileReadKey, 32 hex digits each, a line each',
    )
    .requiredOption('--store <slug>', 'the store')
    .option('--system-id <hex>', 'the file key is a master key, from which each tag has its own (AN10922)')
    .action(async (name: string, options: { store: string; systemId?: string }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).newTagKey(place, name, options.systemId)),
    )

  const log = program.command('log').description('the log that shows tampering, of what a store states of deliveries')
  log
    .command('show')
    .description('show its key, how far it is, and who watches it')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../log.ts')).show(place)),
    )
  log
    .command('export')
    .description('write it as files that any web server can serve; what is there already stays')
    .requiredOption('--store <slug>', 'the store')
    .requiredOption('--out <folder>', 'where to; what is served as the log’s address')
    .action(async (options: { store: string; out: string }) =>
      inStore(options.store, async (place) => (await import('../log.ts')).exportCommand(place, options.out)),
    )
  log
    .command('check')
    .description('make its tree anew from all that was stated; exit 1 when it is not what was signed')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../log.ts')).check(place)),
    )

  const witnesses = program.command('witnesses').description('who watches a store’s log')
  witnesses
    .command('add <vkey>')
    .description('believe a witness, by the key that it has printed')
    .requiredOption('--store <slug>', 'the store')
    .action(async (vkey: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../log.ts')).addOne(place, vkey)),
    )
  witnesses
    .command('list')
    .description('list them, and what each has cosigned last')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../log.ts')).witnesses(place)),
    )

  program
    .command('witness <log-url>')
    .description('watch somebody’s log from outside and cosign what is consistent; exit 1 when it misbehaved')
    .requiredOption('--log-key <vkey>', 'the log’s key: name+id+key')
    .requiredOption('--key <file>', 'the witness’s own key; made when it is not there')
    .requiredOption('--state <file>', 'remembers what was cosigned last')
    .option('--name <name>', 'of the witness, for a new key: witness.example.com/w1; this machine’s without it')
    .option('--submit', 'send cosignatures to the log')
    .option('--every <seconds>', 'look again and again', wholeNumber)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2)) // 1 is the log's fault, and nothing else is
    .action(async (url: string, options: import('../witness.ts').WitnessOptions) => {
      process.exitCode = await (await import('../witness.ts')).witness(url, options)
    })

  program
    .command('verify <file>')
    .description('check a proof of delivery by itself; exit 0 valid, 1 invalid, 3 incomplete. - is standard input')
    .option('--order-id <id>', 'the order’s, which the file does not name')
    .option('--nfc-uid <uid>', 'the tag’s, which the file does not name')
    .option('--keys <file>', 'a JSON Web Key Set with the store’s keys, from elsewhere than the proof')
    .option('--log-key <vkey>', 'the verifier key of the store’s log')
    .option('--witness <vkey...>', 'verifier keys of witnesses, one of whom must have seen the log')
    .option('--json', 'print the report as JSON')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2)) // 1 says that a proof is invalid
    .action(async (file: string, options) => (await import('../verify.ts')).verifyCommand(file, options))
}
