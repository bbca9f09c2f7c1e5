import { subscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'

/** Imported before a program, to send the port on which it listens to the parent process. */
subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  const { server } = message as { readonly server: Server }
  const address = server.address()
  if (typeof address === 'object') process.send?.(address?.port)
})
