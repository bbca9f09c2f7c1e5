import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import { relay } from './message-bus.ts'
import { type ReadyReport, type WorkerExit, WorkerProcess } from './worker-process.ts'

export interface SupervisorOptions {
  readonly workers: number
  /** Added to the environment of each worker. */
  readonly env?: object
  readonly log: Log
  /** Called once, when all workers serve. */
  readonly onServing: (report: ReadyReport) => void
  readonly limits?: SupervisorLimits
}

export interface SupervisorLimits {
  /** A worker that exits sooner than this after its start has exited early: the next start is delayed. */
  readonly earlyExit: Milliseconds
  /** The delay after the first early exit. It doubles with each further one in a row. */
  readonly restartDelay: Milliseconds
  /** The longest delay of a start. */
  readonly maxRestartDelay: Milliseconds
  /** How many starts may fail in a row while no worker serves. */
  readonly maxFailedStarts: number
  readonly pingInterval: Milliseconds
  /** A worker that has not answered this many pings is killed. */
  readonly maxMissedPings: number
  /** How long a stop waits before it kills the remaining workers; longer than a worker's own limit. */
  readonly stopTimeout: Milliseconds
}

export const SUPERVISOR_LIMITS: SupervisorLimits = {
  earlyExit: milliseconds(10_000),
  restartDelay: milliseconds(100),
  maxRestartDelay: milliseconds(10_000),
  maxFailedStarts: 6,
  pingInterval: milliseconds(5_000),
  maxMissedPings: 6,
  stopTimeout: milliseconds(9_750),
}

/** No worker can be started. */
export class StartError extends Error {
  override readonly name = 'StartError'
  /** How the last worker ended. */
  readonly exit: WorkerExit
  /** Whether any worker has served before. */
  readonly hasServed: boolean

  constructor(exit: WorkerExit, hasServed: boolean) {
    super(`no worker can be started: the last one ended ${exit.how}`)
    this.exit = exit
    this.hasServed = hasServed
  }
}

/**
 * Runs worker processes until SIGTERM or SIGINT. Replaces each one that exits and, on SIGHUP, all of them, one by one.
 *
 * All workers listen on one socket and the kernel chooses one for each connection. With node's round robin the supervisor
 * would accept connections and pass them on, and those passed to a worker that is just exiting would be lost.
 *
 * @throws StartError
 */
export async function supervise(options: SupervisorOptions): Promise<void> {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const supervisor = new Supervisor(options)
  const reload = (): void => void supervisor.reload()
  const stop = (signal: NodeJS.Signals): void => {
    if (!supervisor.isStopping) return void supervisor.stop()
    // The second signal: end everything now, and this process as the signal would.
    supervisor.killAll()
    process.off('SIGTERM', stop).off('SIGINT', stop)
    process.kill(process.pid, signal)
  }
  process.on('SIGHUP', reload).on('SIGTERM', stop).on('SIGINT', stop)
  try {
    await supervisor.run()
  } finally {
    process.off('SIGHUP', reload).off('SIGTERM', stop).off('SIGINT', stop)
    supervisor.killAll()
  }
}

/** A slot for one worker: when its process exits, another one is started in it. */
interface Slot {
  process: WorkerProcess
}

class Supervisor {
  readonly #options: SupervisorOptions
  readonly #limits: SupervisorLimits
  readonly #slots: Slot[] = []
  /** All worker processes: those in slots, and those that are starting or stopping. */
  readonly #processes = new Map<number, WorkerProcess>()
  readonly #stopping = new AbortController()
  #isServing = false
  #isReloading = false
  #reloadRequested = false
  /** How many workers in a row exited early, or failed to start. */
  #earlyExits = 0
  #failedStarts = 0

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#limits = options.limits ?? SUPERVISOR_LIMITS
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Starts the workers and keeps them running until the stop. */
  async run(): Promise<void> {
    const pings = setInterval(() => this.#pingAll(), this.#limits.pingInterval)
    try {
      const report = await this.#startFirst()
      this.#startOthers()
      const kept = Promise.all(this.#slots.map((slot) => this.#keepFilled(slot)))
      await Promise.race([this.#allReady(), kept])
      if (report !== undefined && !this.isStopping) {
        this.#isServing = true
        this.#options.onServing(report)
      }
      await kept
      await Promise.all([...this.#processes.values()].map(({ exited }) => exited))
    } finally {
      clearInterval(pings)
    }
  }

  /** Replaces all workers. A request during a reload is followed by one more, because something has changed since. */
  async reload(): Promise<void> {
    if (!this.#isServing) return
    this.#reloadRequested = true
    if (this.#isReloading) return
    this.#isReloading = true
    while (this.#reloadRequested && !this.isStopping) {
      this.#reloadRequested = false
      await this.#replaceAll()
    }
    this.#isReloading = false
  }

  stop(): void {
    this.#stopping.abort()
    void this.#retire([...this.#processes.values()])
  }

  killAll(): void {
    for (const worker of this.#processes.values()) worker.kill()
  }

  /** The first worker starts alone, so that the database is created and migrated by one process. */
  async #startFirst(): Promise<ReadyReport | undefined> {
    const first = this.#start()
    this.#slots.push({ process: first })
    const report = await first.ready
    if (report === undefined && !this.isStopping)
      throw new StartError(await first.exited, false)
    return report
  }

  #startOthers(): void {
    while (this.#slots.length < this.#options.workers && !this.isStopping)
      this.#slots.push({ process: this.#start() })
  }

  #allReady(): Promise<unknown> {
    return Promise.all(this.#slots.map(({ process }) => process.ready))
  }

  #start(): WorkerProcess {
    const worker = new WorkerProcess(this.#options.env ?? {}, (from, message) =>
      relay(from, message, this.#serving()),
    )
    this.#processes.set(worker.id, worker)
    void worker.ready.then((report) => {
      if (report !== undefined) this.#failedStarts = 0
    })
    void worker.exited.then(() => this.#processes.delete(worker.id))
    return worker
  }

  #serving(): ReadonlyMap<number, WorkerProcess> {
    return new Map([...this.#processes].filter(([, { isServing }]) => isServing))
  }

  /** Starts another process each time that the one in the slot exits, until the stop. */
  async #keepFilled(slot: Slot): Promise<void> {
    while (!this.isStopping) {
      const { process } = slot
      const exit = await process.exited
      if (this.#isReplaced(slot, process)) continue
      await this.#countFailedStart(process, exit)
      const delay = this.#delayAfter(process)
      this.#log('warn', 'a worker ended, another one starts', {
        worker: process.pid,
        ended: exit.how,
        delay,
      })
      await sleep(delay, undefined, { signal: this.#stopping.signal }).catch(ignoreAbort)
      if (!this.#isReplaced(slot, process)) slot.process = this.#startAnother()
    }
  }

  /** Its exit was intended: by a reload or by the stop. */
  #isReplaced(slot: Slot, process: WorkerProcess): boolean {
    return this.isStopping || slot.process !== process
  }

  /** @throws StartError if too many starts have failed and no worker serves */
  async #countFailedStart(process: WorkerProcess, exit: WorkerExit): Promise<void> {
    if ((await process.ready) === undefined) this.#failedStarts++
    const isAnyServing = this.#slots.some((slot) => slot.process.isServing)
    if (this.#failedStarts >= this.#limits.maxFailedStarts && !isAnyServing)
      throw new StartError(exit, true)
  }

  #delayAfter({ startedAt }: WorkerProcess): number {
    const { earlyExit, restartDelay, maxRestartDelay } = this.#limits
    if (monotonicClock() - startedAt >= earlyExit) {
      this.#earlyExits = 0
      return 0
    }
    this.#earlyExits++
    return Math.min(maxRestartDelay, restartDelay * 2 ** (this.#earlyExits - 1))
  }

  #startAnother(): WorkerProcess {
    const worker = this.#start()
    void worker.ready.then((report) => {
      if (report !== undefined)
        this.#log('info', 'another worker serves', { worker: worker.pid })
    })
    return worker
  }

  /** Each new worker serves before the old one stops; if one cannot start, the others stay as they are. */
  async #replaceAll(): Promise<void> {
    for (const slot of this.#slots) {
      const fresh = this.#start()
      if ((await fresh.ready) === undefined) {
        const { how } = await fresh.exited
        if (!this.isStopping) this.#log('error', NOT_RELOADED, { ended: how })
        return
      }
      const old = slot.process
      slot.process = fresh
      await this.#retire([old])
    }
    this.#log('info', 'reloaded', { workers: this.#slots.length })
  }

  /** Stops workers: all stop listening before the first one disconnects its clients. Kills those that take too long. */
  async #retire(workers: readonly WorkerProcess[]): Promise<void> {
    const timeout = setTimeout(() => {
      for (const worker of workers) worker.kill()
    }, this.#limits.stopTimeout)
    await Promise.all(workers.map((worker) => worker.stopListening()))
    for (const worker of workers) worker.terminate()
    await Promise.all(workers.map(({ exited }) => exited))
    clearTimeout(timeout)
  }

  #pingAll(): void {
    for (const worker of this.#serving().values()) {
      if (worker.ping() < this.#limits.maxMissedPings) continue
      this.#log('error', 'a worker does not respond and is killed', {
        worker: worker.pid,
      })
      worker.kill()
    }
  }

  #log(level: 'info' | 'warn' | 'error', event: string, fields: object): void {
    this.#options.log({ level, event, ...fields })
  }
}

const NOT_RELOADED = 'not reloaded: a new worker cannot start, the old ones go on'

/** The stop ends the delay before a restart. */
const ignoreAbort = (): void => undefined
