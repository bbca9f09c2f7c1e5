import { lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'

/**
 * Removes the socket file that a crashed server left behind.
 *
 * @throws an error with the code `EADDRINUSE` if a server listens on it, `ENOTSOCK` if it is not a socket
 */
export async function freeSocketFile(path: string): Promise<void> {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (file === undefined) return
  if (!file.isSocket()) throw withCode('ENOTSOCK')
  if (await isListening(path)) throw withCode('EADDRINUSE')
  rmSync(path, { force: true })
}

const withCode = (code: string): Error => Object.assign(new Error(code), { code })

/** After an unexpected error the file counts as in use, so that it is not removed. */
const isListening = (path: string): Promise<boolean> =>
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
