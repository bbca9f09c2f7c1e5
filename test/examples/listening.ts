import { subscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'

/** Imported before a program, so that it tells its parent on which port it listens, whatever it prints. */
subscribe('tracing:net.server.listen:asyncEnd', (told) => {
  const { server } = told as { readonly server: Server }
  const address = server.address()
  if (typeof address === 'object') process.send?.(address?.port)
})
