import { lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'

/**
 * Removes the socket file that a server left which did not end well. Nothing is done where there is none.
 *
 * @throws an error with the code `EADDRINUSE` where a server listens there; `ENOTSOCK` where something else is there
 */
export async function freeSocketFile(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw withCode('ENOTSOCK')
  if (await answers(path)) throw withCode('EADDRINUSE')
  rmSync(path, { force: true })
}

const withCode = (code: string): Error => Object.assign(new Error(code), { code })

/** Whether somebody listens there. One who cannot be asked is taken to. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    )
  })
