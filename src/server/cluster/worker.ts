import cluster from 'node:cluster'
import { type BusMessage, type MessageBus, messageBusVia } from './message-bus.ts'
import type { Ready, WorkerCommand, WorkerMessage } from './worker-process.ts'

/** Where it serves, and how many users there are. */
export type State = Omit<Ready, 'kind'>

/** This process as one of several that serve. */
export interface Worker {
  readonly bus: MessageBus
  ready(state: State): void
  /**
   * Comes when it is to take leave of its clients.
   *
   * @param shut takes no more connections; called as soon as the supervisor says so. Only when all workers have done it do their
   *   clients hear of it: who is sent away comes back at once, and would wait at a door that nobody opens any more.
   */
  untilTold(shut: () => void): Promise<void>
  /** The last thing that it does: from here on it ends when nothing is left to do. */
  leave(): void
}

/** Milliseconds that the others are waited for, where a supervisor does not say that they are ready. */
const OTHERS = 1_000

/**
 * `undefined`: nobody supervises this process.
 *
 * A worker ends when its supervisor does (node:cluster sees to that). SIGINT and SIGHUP, which a terminal sends to every
 * process, are the supervisor's to obey.
 */
export function asWorker(): Worker | undefined {
  if (!cluster.isWorker) return undefined
  const takers: ((order: WorkerCommand) => void)[] = []
  const report = (what: WorkerMessage): void => {
    if (process.connected) process.send?.(what, () => undefined)
  }
  const listen = (take: (word: BusMessage) => void): void =>
    void takers.push((order) => {
      if (order.kind !== 'stop' && order.kind !== 'are you there?') take(order)
    })
  process.on('message', (order: WorkerCommand) => {
    if (order.kind === 'are you there?') report({ kind: 'here' })
    for (const take of takers) take(order)
  })
  // Both sides may hang up at once. Then the second has nothing to end.
  cluster.worker?.on('error', () => undefined)
  process.on('SIGINT', () => undefined).on('SIGHUP', () => undefined)

  return {
    bus: messageBusVia({ send: report, listen }),
    ready: (state) => report({ kind: 'ready', ...state }),
    untilTold: (shut) =>
      new Promise((resolve) => {
        process.on('SIGTERM', () => {
          shut()
          resolve()
        })
        takers.push(({ kind }) => {
          if (kind !== 'stop') return
          shut()
          setTimeout(resolve, OTHERS)
        })
      }),
    leave() {
      if (process.connected) cluster.worker?.disconnect()
    },
  }
}
