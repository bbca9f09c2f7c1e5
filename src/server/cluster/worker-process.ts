import cluster from 'node:cluster'
import type { BusMessage } from './message-bus.ts'

/** What a worker is told by its supervisor. */
export type WorkerCommand =
  | BusMessage
  | { readonly kind: 'stop' }
  | { readonly kind: 'are you there?' }

/** What a worker tells, beside questions and answers. */
export type WorkerMessage = BusMessage | Ready | { readonly kind: 'here' }

/** It serves. */
export interface Ready {
  readonly kind: 'ready'
  readonly url: string
  /** How many users there are. */
  readonly users: number
}

/** How a process ended; `code` is `null` where a signal ended it. */
export interface WorkerExit {
  readonly code: number | null
  readonly how: string
}

/** One process that serves, as its supervisor sees it, from its start to its end. */
export interface WorkerProcess {
  readonly id: number
  readonly pid: number | undefined
  /** By `performance.now()`. */
  readonly born: number
  readonly serves: boolean
  /** `undefined`: it ended before. */
  readonly ready: Promise<Ready | undefined>
  readonly ended: Promise<WorkerExit>
  send(order: WorkerCommand): void
  /** Asks for a sign of life. @returns how many it has owed before */
  poke(): number
  /** It takes no more connections. @returns when it has done so, or has ended */
  shut(): Promise<void>
  /** It answers what is in flight and ends; one that does not serve yet, at once. */
  dismiss(): void
  kill(): void
}

/** Starts a process that types the same command as this one did. */
export function startWorker(
  env: object,
  passOn: (from: number, word: BusMessage) => void,
): WorkerProcess {
  const worker = cluster.fork(env)
  let serves = false
  let owed = 0
  const ended = new Promise<WorkerExit>((resolve) => {
    worker.once('exit', (code, signal: string | null) => {
      resolve(
        signal === null
          ? { code, how: `with ${code}` }
          : { code: null, how: `by ${signal}` },
      )
    })
    // One that cannot be started has no exit.
    worker.on('error', (error) => {
      if (worker.process.pid === undefined)
        resolve({ code: 1, how: `before it began: ${error.message}` })
    })
  }).finally(() => {
    serves = false
  })
  const ready = new Promise<Ready | undefined>((resolve) => {
    void ended.then(() => resolve(undefined))
    worker.on('message', (report: WorkerMessage) => {
      owed = 0
      if (report.kind === 'here') return
      if (report.kind !== 'ready') return passOn(worker.id, report)
      serves = true
      resolve(report)
    })
  })
  const send = (order: WorkerCommand): void => {
    if (worker.isConnected()) worker.send(order, () => undefined)
  }
  const kill = (): void => void worker.process.kill('SIGKILL')

  return {
    id: worker.id,
    pid: worker.process.pid,
    born: performance.now(),
    get serves() {
      return serves
    },
    ready,
    ended,
    send,
    poke() {
      send({ kind: 'are you there?' })
      return owed++
    },
    async shut() {
      if (!serves || !worker.isConnected()) return
      serves = false
      const gone = new Promise((resolve) => worker.once('disconnect', resolve))
      send({ kind: 'stop' })
      // Here the port is let go of first, so that whoever still comes to it meets a worker or is refused.
      worker.disconnect()
      await gone
    },
    dismiss: () => void worker.process.kill('SIGTERM'),
    kill,
  }
}
