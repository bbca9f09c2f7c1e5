import { milliseconds } from '../../base/clock.ts'
import { type BusMessage, type MessageBus, messageBus } from './message-bus.ts'
import type { ReadyReport, SupervisorMessage, WorkerMessage } from './worker-process.ts'

/** This process as a worker, as the server in it sees it. */
export interface Worker {
  readonly bus: MessageBus
  /** Whether its report is printed. One that replaces it is not the first. */
  readonly isFirst: boolean
  reportReady(report: ReadyReport): void
  /**
   * Resolves when the server has to stop.
   *
   * @param stopListening closes its port; called before that, as soon as the supervisor asks for it. Clients are
   *   disconnected only when all workers have closed theirs: they reconnect at once, and must not reach a port that is
   *   about to close
   */
  stopRequested(stopListening: () => void): Promise<void>
  /** Lets the process exit as soon as it has nothing left to do. */
  disconnect(): void
}

/** How long a worker waits for the others, if the supervisor does not report that they have stopped listening. */
const OTHERS_TIMEOUT = milliseconds(1_000)

/** @returns `undefined` if this process has no supervisor */
export async function asWorker(): Promise<Worker | undefined> {
  // Only a process with a channel to its parent can be one; another need not load the module.
  if (process.send === undefined) return undefined
  const { default: cluster } = await import('node:cluster')
  if (!cluster.isWorker) return undefined
  // A terminal sends these to every process; only the supervisor acts on them.
  process.on('SIGINT', ignore).on('SIGHUP', ignore)
  // Supervisor and worker may disconnect at the same time.
  cluster.worker?.on('error', ignore)
  onMessage(({ kind }) => {
    if (kind === 'ping') send({ kind: 'pong' })
  })
  return {
    bus: messageBus({ send, listen: onBusMessage }),
    isFirst: cluster.worker?.id === 1,
    reportReady: (report) => send({ kind: 'ready', ...report }),
    stopRequested,
    disconnect() {
      if (process.connected) cluster.worker?.disconnect()
    },
  }
}

const ignore = (): void => undefined

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, ignore)
}

const onMessage = (receive: (message: SupervisorMessage) => void): void =>
  void process.on('message', receive)

const onBusMessage = (receive: (message: BusMessage) => void): void =>
  onMessage((message) => {
    if (message.kind !== 'stop' && message.kind !== 'ping') receive(message)
  })

const stopRequested = (stopListening: () => void): Promise<void> =>
  new Promise((resolve) => {
    process.on('SIGTERM', () => {
      stopListening()
      resolve()
    })
    onMessage(({ kind }) => {
      if (kind !== 'stop') return
      stopListening()
      setTimeout(resolve, OTHERS_TIMEOUT)
    })
  })
