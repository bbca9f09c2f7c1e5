import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Holds half of the connections open silently, and opens and closes the others without end.
 * Reports how many it holds, and exits on request of its parent.
 */
const [port, connections] = process.argv.slice(2).map(Number) as [number, number]
const REQUEST =
  'GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

/** From many addresses: the ports of one do not suffice. */
const dial = (n: number): Socket => {
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress: `127.0.1.${1 + (n % 250)}`,
  })
  socket.on('error', () => undefined).resume()
  return socket
}

let idle = 0
for (let n = 0; n < connections / 2; n++) {
  dial(n)
    .once('connect', () => idle++)
    .once('close', () => idle--)
  if (n % 50 === 0) await sleep(5)
}
for (let n = 0; n < connections / 2; n++) void comeAndGo(n)
await sleep(500)
process.send?.({ idle })
process.on('disconnect', () => process.exit())

/** Every other connection sends a request and does not wait for the answer. */
async function comeAndGo(n: number): Promise<never> {
  for (let turn = 0; ; turn++) {
    await sleep(500 + Math.random() * 1000)
    const socket = dial(n)
    if (turn % 2 === 0) socket.write(REQUEST)
    await sleep(100)
    socket.destroy()
  }
}
