import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Job, Played } from './player.ts'

export interface Results {
  /** In the order of the jobs. */
  readonly played: readonly Played[]
  /** What the processes wrote to their standard output and error. */
  readonly output: string
}

/** Plays conversations in one process for each core. A process that ends fails the conversation that it was playing. */
export async function playAll(jobs: readonly Job[]): Promise<Results> {
  const played: Played[] = []
  const queue = jobs.entries()
  let output = ''
  const work = async (): Promise<void> => {
    let player: Player | undefined
    for (const [i, job] of queue) {
      player ??= new Player((text) => (output += text))
      played[i] = await player.play(job)
      if (player.hasEnded) player = undefined
    }
    await player?.stop()
  }
  const count = Math.min(availableParallelism(), jobs.length)
  await Promise.all(Array.from({ length: count }, work))
  return { played, output }
}

class Player {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  readonly #ready: Promise<unknown>
  #output = ''

  constructor(onOutput: (text: string) => void) {
    const file = fileURLToPath(new URL('player.ts', import.meta.url))
    this.#child = fork(file, { silent: true })
    this.#exit = once(this.#child, 'exit')
    this.#ready = this.#message()
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        onOutput(text)
      })
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async play(job: Job): Promise<Played> {
    if ((await this.#ready) === undefined)
      throw new Error(`the process does not start:\n${this.#output}`)
    if (!this.hasEnded) this.#child.send(job)
    const played = await this.#message()
    return (played as Played | undefined) ?? this.#failure()
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#exit
  }

  /** `undefined` if the process ends instead. */
  #message(): Promise<unknown> {
    if (this.hasEnded) return Promise.resolve(undefined)
    const message = once(this.#child, 'message').then(([value]: unknown[]) => value)
    return Promise.race([message, this.#exit.then(() => undefined)])
  }

  #failure(): Played {
    const fault = `the process that played it ended:\n${this.#output}`
    return { faults: [fault], reset: 0, talk: 0 }
  }
}
