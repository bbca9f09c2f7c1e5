import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../base/log.ts'
import { relay } from './message-bus.ts'
import {
  type Ready,
  startWorker,
  type WorkerExit,
  type WorkerProcess,
} from './worker-process.ts'

export interface SupervisorOptions {
  readonly workers: number
  /** Added to the environment of each worker. */
  readonly env?: object
  readonly log: Log
  /** Called once, when all of them serve. */
  readonly onServing: (ready: Ready) => void
  readonly timeouts?: Timeouts
}

/** Milliseconds and counts. */
export const TIMEOUTS = {
  /** Before another worker starts where one ended early; doubled each time, up to the longest. */
  pause: 100,
  longestPause: 10_000,
  /** Who ends younger than this ended early. */
  early: 10_000,
  /** So many starts in a row may fail while nobody serves. */
  failures: 6,
  /** How often a worker is asked for a sign of life, and how many it may owe. */
  poke: 5_000,
  owed: 6,
  /** A stop; longer than a worker's own. */
  stop: 9_750,
} as const

export type Timeouts = { readonly [Name in keyof typeof TIMEOUTS]: number }

/** No worker could be started. */
export class StartError extends Error {
  override readonly name = 'NotStarted'
  /** Of the last one. */
  readonly exit: WorkerExit
  /** Whether there has been a worker that hasServed. */
  readonly hasServed: boolean

  constructor(exit: WorkerExit, hasServed: boolean) {
    super(`no worker can be started: the last one ended ${exit.how}`)
    this.exit = exit
    this.hasServed = hasServed
  }
}

/** A place among the workers, and who fills it. */
interface Post {
  hand: WorkerProcess
}

/**
 * Runs workers until SIGTERM or SIGINT: puts another in the place of each that ends, and on SIGHUP, one by one, of all. The
 * first one starts alone, so that a database is made and migrated once.
 *
 * All of them listen on one socket, and the kernel gives a connection to one that is free. Not round robin: there the
 * supervisor hands connections over, and one that it hands to a worker that is being killed is answered by nobody.
 *
 * @throws NotStarted
 */
export async function supervise({
  workers,
  env = {},
  log,
  onServing,
  timeouts = TIMEOUTS,
}: SupervisorOptions): Promise<void> {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const crew = new Map<number, WorkerProcess>()
  const posts: Post[] = []
  const stopping = new AbortController()
  let endedEarly = 0
  let failures = 0

  function start(): WorkerProcess {
    const hand = startWorker(env, (from, word) =>
      relay(from, word, new Map([...crew].filter(([, { serves }]) => serves))),
    )
    crew.set(hand.id, hand)
    void hand.ready.then((ready) => {
      if (ready !== undefined) failures = 0
    })
    void hand.ended.then(() => crew.delete(hand.id))
    return hand
  }

  function startAnother(): WorkerProcess {
    const hand = start()
    void hand.ready.then((ready) => {
      if (ready !== undefined)
        log({ level: 'info', event: 'another worker serves', worker: hand.pid })
    })
    return hand
  }

  /** Fills a post again each time that its worker ends, until the stop. */
  async function keep(post: Post): Promise<void> {
    while (!stopping.signal.aborted) {
      const { hand } = post
      const exit = await hand.ended
      if (stopping.signal.aborted || post.hand !== hand) continue
      if ((await hand.ready) === undefined) failures++
      if (failures >= timeouts.failures && !posts.some(({ hand }) => hand.serves))
        throw new StartError(exit, true)

      endedEarly = performance.now() - hand.born < timeouts.early ? endedEarly + 1 : 0
      const pause =
        endedEarly === 0
          ? 0
          : Math.min(timeouts.longestPause, timeouts.pause * 2 ** (endedEarly - 1))
      log({
        level: 'warn',
        event: 'a worker ended, another one starts',
        worker: hand.pid,
        ended: exit.how,
        pause,
      })
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (!stopping.signal.aborted && post.hand === hand) post.hand = startAnother()
    }
  }

  async function reload(): Promise<void> {
    for (const post of posts) {
      const fresh = start()
      if ((await fresh.ready) === undefined) {
        if (stopping.signal.aborted) return
        const { how } = await fresh.ended
        log({
          level: 'error',
          event: 'not reloaded: a new worker could not start, the old ones go on',
          ended: how,
        })
        return
      }
      const old = post.hand
      post.hand = fresh
      await retire(old)
    }
    log({ level: 'info', event: 'reloaded', workers: posts.length })
  }

  /** Stops workers: all shut their doors, and then they end. Those that take too long are killed. */
  async function retire(...hands: readonly WorkerProcess[]): Promise<void> {
    const late = setTimeout(() => {
      for (const hand of hands) hand.kill()
    }, timeouts.stop)
    await Promise.all(hands.map((hand) => hand.shut()))
    for (const hand of hands) hand.dismiss()
    await Promise.all(hands.map(({ ended }) => ended))
    clearTimeout(late)
  }

  let open = false
  let wanted = 0
  const signals = onSignals({
    async reload() {
      // Whoever asks while it goes on has changed something since: once more, then.
      if (!open || wanted++ > 0) return
      for (; wanted > 0 && !stopping.signal.aborted; wanted = Math.min(1, wanted - 1))
        await reload()
    },
    stop(signal) {
      if (stopping.signal.aborted) {
        for (const hand of crew.values()) hand.kill()
        signals.restore()
        process.kill(process.pid, signal)
        return
      }
      stopping.abort()
      void retire(...crew.values())
    },
  })
  const poking = setInterval(() => {
    for (const hand of crew.values()) {
      if (!hand.serves || hand.poke() < timeouts.owed) continue
      log({
        level: 'error',
        event: 'a worker does not answer any more and is killed',
        worker: hand.pid,
      })
      hand.kill()
    }
  }, timeouts.poke)

  try {
    const first = start()
    posts.push({ hand: first })
    const ready = await first.ready
    if (ready === undefined && !stopping.signal.aborted)
      throw new StartError(await first.ended, false)
    while (posts.length < workers && !stopping.signal.aborted)
      posts.push({ hand: start() })
    const kept = Promise.all(posts.map(keep))
    const others = Promise.all(posts.map(({ hand }) => hand.ready))
    await Promise.race([others, kept])
    if (ready !== undefined && !stopping.signal.aborted) {
      open = true
      onServing(ready)
    }
    await kept
    await Promise.all([...crew.values()].map(({ ended }) => ended))
  } finally {
    clearInterval(poking)
    signals.restore()
    for (const hand of crew.values()) hand.kill()
  }
}

function onSignals({
  reload,
  stop,
}: {
  reload(): void
  stop(signal: NodeJS.Signals): void
}): { restore(): void } {
  process.on('SIGHUP', reload).on('SIGTERM', stop).on('SIGINT', stop)
  return {
    restore: () =>
      void process.off('SIGHUP', reload).off('SIGTERM', stop).off('SIGINT', stop),
  }
}
