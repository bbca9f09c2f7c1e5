import { existsSync } from 'node:fs'
import { Refusal } from '../base/refusal.ts'
import { type Answer, command, DATABASE } from './command.ts'
import { Failure } from './failure.ts'
import { databaseOf, openServer, shownDatabase } from './house.ts'
import { ADDRESS, addressOf, listen, ourCommand, PROXIES, proxiesOf, untilStopped } from './serving.ts'
import { version } from './version.ts'
import { shellWord, type World } from './world.ts'

export const start = command({
  name: 'start',
  does: 'Starts the server for production.',
  args: [],
  about: `Needs WATCHWORD_SECRET, 32 characters or more, which seals the private keys in the database. Makes no user: the first one
is made with "watchword user create". Speaks plain HTTP, so put a proxy that speaks TLS in front, and say so with --proxies: wrong
passwords are counted by address. SIGTERM stops it: what is
in flight is answered first, within ten seconds.`,
  examples: ['watchword start', 'watchword start --host 0.0.0.0 --port 80 --database /var/lib/watchword/watchword.db'],
  options: { ...ADDRESS, ...PROXIES, ...DATABASE },
  async run({ values, world, say }) {
    const address = addressOf(values, world)
    const database = databaseOf(values.database, world)
    refuseWithoutSecret(database, world)
    const auth = await openServer(database, proxiesOf(values, world)).catch((error: unknown) => {
      throw sealedInDevelopment(error, database) ?? error
    })
    try {
      const running = await listen(auth, address, undefined, world)
      say(started(running.url, database, await auth.users.count(), world))
      await untilStopped(running, auth, world)
    } finally {
      await auth.close()
    }
    return undefined
  },
})

/** @throws Failure with the line to add */
function refuseWithoutSecret(database: string, { env }: World): void {
  const { length } = env.WATCHWORD_SECRET ?? ''
  if (length >= 32) return
  const fault = length === 0 ? 'is not set' : 'has fewer than 32 characters'
  throw new Failure(`WATCHWORD_SECRET ${fault}; ${secretAdvice(database)}`)
}

function secretAdvice(database: string): string {
  const file = developmentSecretOf(database)
  return existsSync(file)
    ? `watchword dev made the keys in ${shownDatabase(database)}, and this is their secret:

  export WATCHWORD_SECRET=$(cat ${shellWord(file)})`
    : `it seals the private keys in the database, so make one once and keep it:

  export WATCHWORD_SECRET=$(head -c 32 /dev/urandom | base64)`
}

const developmentSecretOf = (database: string): string => `${database}.secret`

/** A better sentence for keys that another secret sealed, where that one lies beside them. */
function sealedInDevelopment(error: unknown, database: string): Failure | undefined {
  const isSealed = error instanceof Refusal && error.message.includes('cannot be opened with this secret')
  if (!isSealed || !existsSync(developmentSecretOf(database))) return undefined
  return new Failure(`WATCHWORD_SECRET is not the secret of this database; ${secretAdvice(database)}`, { cause: error })
}

function started(url: string, database: string, users: number, world: World): Answer {
  const heading = `watchword ${version} on ${url}   (${shownDatabase(database)})`
  const hint = `There are no users yet: ${ourCommand('user create NAME --superuser', database, world)}`
  return {
    text: users === 0 ? `${heading}\n${hint}` : heading,
    json: { url, database: shownDatabase(database), users },
  }
}
