import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEntry } from '../../src/base/log.ts'
import type { Admin } from '../../src/instance/admin.ts'
import type { DjoserOptions } from '../../src/presets/djoser/options.ts'
import type { KnoxOptions } from '../../src/presets/knox/options.ts'
import type { Limits } from '../../src/server/connection-limits.ts'
import type { Options } from '../../src/settings/options.ts'
import type { CrashPoint } from '../reliability/crash-point.ts'
import { SECRET } from './secret.ts'

/** A server in a process of its own, with limits that the command does not offer; `process.ts` starts and measures it. */
const hashing = countHashes()
const { buildWatchword } = await import('../build-watchword.ts')
const { logLine } = await import('../../src/base/log.ts')
const { LIMITS } = await import('../../src/server/connection-limits.ts')
const { textLine } = await import('../../src/server/request-log.ts')
const { lowerHashPriority } = await import('../../src/passwords/low-priority.ts')
const { serve } = await import('../../src/server/serve.ts')
const { crashing } = await import('../reliability/crash-point.ts')
const { sabotaged } = await import('../reliability/sabotage.ts')
const { storeAt } = await import('../reliability/store.ts')

export interface ServerConfig {
  readonly database: string
  readonly options: Pick<
    Options,
    | 'accounts'
    | 'codes'
    | 'counts'
    | 'endpoints'
    | 'hashesAtOnce'
    | 'mail'
    | 'oauth'
    | 'proxies'
    | 'redis'
    | 'secondFactors'
    | 'throttle'
    | 'tokens'
    | 'url'
  >
  /** Adds the preset `knox()`. */
  readonly knox?: KnoxOptions
  /** Adds the preset `djoser()`. */
  readonly djoser?: DjoserOptions
  readonly limits: Partial<Limits>
  /** Created before the start. */
  readonly user: { readonly username: string; readonly password: string } | undefined
  /** The name of a fault to build into the store. */
  readonly sabotage: string | undefined
  /** Seconds by which the clock of this machine is wrong. */
  readonly clockSkew: number
  /**
   * Milliseconds between the check of a password and what is written then, instead of an expensive hash: other processes
   * cannot make them longer.
   */
  readonly signInPause?: number
}

/** Administration that has no HTTP endpoint. */
const verbs = {
  createUser: (...args: Parameters<Admin['users']['create']>) =>
    auth.users.create(...args),
  changeUser: (...args: Parameters<Admin['users']['change']>) =>
    auth.users.change(...args),
  setPassword: (...args: Parameters<Admin['users']['setPassword']>) =>
    auth.users.setPassword(...args),
  deleteUser: (...args: Parameters<Admin['users']['delete']>) =>
    auth.users.delete(...args),
  endSession: (...args: Parameters<Admin['sessions']['revoke']>) =>
    auth.sessions.revoke(...args),
  endSessions: (...args: Parameters<Admin['sessions']['revokeAll']>) =>
    auth.sessions.revokeAll(...args),
  createClient: (...args: Parameters<Admin['clients']['create']>) =>
    auth.clients.create(...args),
  disableClient: (...args: Parameters<Admin['clients']['disable']>) =>
    auth.clients.disable(...args),
  enableClient: (...args: Parameters<Admin['clients']['enable']>) =>
    auth.clients.enable(...args),
  resetFactors: (...args: Parameters<Admin['secondFactors']['reset']>) =>
    auth.secondFactors.reset(...args),
  crashAt: async (point: CrashPoint) => crash.arm(point),
}

export type Verbs = typeof verbs

export type Asked =
  | 'begin'
  | 'end'
  | { readonly id: number; readonly verb: keyof Verbs; readonly args: readonly never[] }

/** Measured since `begin`. */
export interface Measured {
  /** Bytes. */
  readonly residentBefore: number
  readonly residentPeak: number
  /** Delay of the event loop in milliseconds, 99th percentile. */
  readonly loopDelay: number
  readonly hashesAtOnce: number
  readonly hashes: number
}

const [config = '{}'] = process.argv.slice(2)
const settings = JSON.parse(config) as ServerConfig
const { database, options, limits, user, sabotage, clockSkew, signInPause } = settings
const rightNow = Date.now
if (clockSkew !== 0) Date.now = () => rightNow() + clockSkew * 1000

const crash = crashing(sabotaged(await storeAt(database), sabotage))
const auth = buildWatchword({
  ...options,
  presets: await thePresets(settings),
  store: crash.store,
  ...(signInPause === undefined
    ? { passwordCost: 'default' }
    : { on: { signedIn: () => sleep(signInPause) } }),
  secret: SECRET,
  log: logLine,
})
if (user === undefined) await auth.users.count()
else await auth.users.create(user)
const log = (entry: LogEntry): void => console.error(textLine(entry))
await lowerHashPriority()
const running = await serve({
  auth,
  host: '127.0.0.1',
  port: 0,
  log,
  limits: { ...LIMITS, ...limits },
})
const measuring = measure()

async function thePresets(terms: Pick<ServerConfig, 'knox' | 'djoser'>) {
  const { knox } = await import('../../src/presets/knox/knox.ts')
  const { djoser } = await import('../../src/presets/djoser/djoser.ts')
  return [
    ...(terms.knox === undefined ? [] : [knox(terms.knox)]),
    ...(terms.djoser === undefined ? [] : [djoser(terms.djoser)]),
  ]
}

process.on('message', async (message: Asked) => {
  if (message === 'begin') process.send?.(await measuring.begin())
  else if (message === 'end') process.send?.(measuring.end())
  else await administer(message)
})
process.once('SIGTERM', async () => {
  await running.stop()
  await auth.close()
  process.disconnect()
})
process.send?.({ url: running.url })

async function administer({ id, verb, args }: Exclude<Asked, string>): Promise<void> {
  try {
    process.send?.({
      id,
      answer: await (verbs[verb] as (...args: readonly never[]) => unknown)(...args),
    })
  } catch (error) {
    process.send?.({ id, error: String(error), code: (error as { code?: unknown }).code })
  }
}

/** Counts running hashes below this package's own queue, whose count could be wrong. */
function countHashes(): { now: number; peak: number; all: number } {
  const count = { now: 0, peak: 0, all: 0 }
  const { argon2 } = crypto
  crypto.argon2 = ((variety, terms, done) => {
    count.now++
    count.all++
    count.peak = Math.max(count.peak, count.now)
    argon2(variety, terms, (error, digest) => {
      count.now--
      done(error, digest)
    })
  }) as typeof argon2
  syncBuiltinESMExports()
  return count
}

function measure() {
  let residentBefore = 0
  let residentPeak = 0
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined
  let watching: NodeJS.Timeout | undefined
  const resident = (): number => process.memoryUsage.rss()
  return {
    async begin(): Promise<'begun'> {
      await sleep(300)
      Object.assign(hashing, { peak: hashing.now, all: 0 })
      residentBefore = resident()
      residentPeak = residentBefore
      watching = setInterval(() => {
        residentPeak = Math.max(residentPeak, resident())
      }, 20)
      delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      return 'begun'
    },
    end(): Measured {
      clearInterval(watching)
      delay?.disable()
      const loopDelay = (delay?.percentile(99) ?? 0) / 1e6
      return {
        residentBefore,
        residentPeak,
        loopDelay,
        hashesAtOnce: hashing.peak,
        hashes: hashing.all,
      }
    },
  }
}
