import cluster, { type Worker } from 'node:cluster'
import type { Milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import type { BusMessage } from './message-bus.ts'

/** A message from the supervisor to a worker. */
export type SupervisorMessage =
  | BusMessage
  | { readonly kind: 'stop' }
  | { readonly kind: 'ping' }

/** A message from a worker to its supervisor. */
export type WorkerMessage =
  | BusMessage
  | ({ readonly kind: 'ready' } & ReadyReport)
  | { readonly kind: 'pong' }

/** What a worker reports when it serves. */
export interface ReadyReport {
  readonly url: string
  /** How many users exist. */
  readonly users: number
  /** Further lines to print. */
  readonly notes: readonly string[]
}

export interface WorkerExit {
  /** `null` if a signal ended the process. */
  readonly code: number | null
  /** The end of a sentence in messages: `with code 1`, `by SIGKILL`. */
  readonly how: string
}

/** One worker process, as its supervisor sees it, from its start to its exit. It has the arguments of this process. */
export class WorkerProcess {
  /** The monotonic time of its start. */
  readonly startedAt: Milliseconds
  /** Resolves when it serves, or with `undefined` if it exits before. */
  readonly ready: Promise<ReadyReport | undefined>
  readonly exited: Promise<WorkerExit>
  readonly #worker: Worker
  #isServing = false
  #missedPings = 0

  /** @param env added to the environment of this process */
  constructor(env: object, onBusMessage: (from: number, message: BusMessage) => void) {
    this.#worker = cluster.fork(env)
    // After the fork: the clock of a process that has not used it yet has to be loaded.
    this.startedAt = monotonicClock()
    this.exited = exitOf(this.#worker).finally(() => {
      this.#isServing = false
    })
    this.ready = new Promise((resolve) => {
      void this.exited.then(() => resolve(undefined))
      this.#worker.on('message', (message: WorkerMessage) => {
        this.#missedPings = 0
        if (message.kind === 'pong') return
        if (message.kind !== 'ready') return onBusMessage(this.id, message)
        this.#isServing = true
        resolve(message)
      })
    })
  }

  get id(): number {
    return this.#worker.id
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  get isServing(): boolean {
    return this.#isServing
  }

  send(message: SupervisorMessage): void {
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined)
  }

  /** @returns how many pings before this one have not been answered */
  ping(): number {
    this.send({ kind: 'ping' })
    return this.#missedPings++
  }

  /** Makes it accept no more connections; resolves when it has stopped, or has exited. */
  async stopListening(): Promise<void> {
    if (!this.#isServing || !this.#worker.isConnected()) return
    this.#isServing = false
    const disconnected = new Promise((resolve) =>
      this.#worker.once('disconnect', resolve),
    )
    this.send({ kind: 'stop' })
    // Closes the shared port here first: a new connection reaches another worker or is rejected, and never waits.
    this.#worker.disconnect()
    await disconnected
  }

  /** Makes it answer the requests in flight and exit; one that does not serve yet exits at once. */
  terminate(): void {
    this.#worker.process.kill('SIGTERM')
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }
}

const exitOf = (worker: Worker): Promise<WorkerExit> =>
  new Promise((resolve) => {
    worker.once('exit', (code: number, signal: string | null) => {
      if (signal === null) resolve({ code, how: `with code ${code}` })
      else resolve({ code: null, how: `by ${signal}` })
    })
    // A process that could not be started has no `exit`.
    worker.on('error', (error) => {
      if (worker.process.pid === undefined)
        resolve({ code: 1, how: `before it started: ${error.message}` })
    })
  })
