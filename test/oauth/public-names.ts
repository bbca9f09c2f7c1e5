import { lookup } from 'node:dns'
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'
import tls from 'node:tls'

// Loaded before a server (`--import`): the names of `.example` are at a public address, and what is at this address is on this machine. The
// checks of the address and all of TLS are as they are.

const PUBLIC = '93.184.215.14'

/** Also found, and not public. */
const PRIVATE = 'private.example'

const { connect } = tls

Object.assign(dns, {
  lookup: async (name: string) => {
    if (!name.endsWith('.example')) throw new Error(`no such name: ${name}`)
    return [{ address: name === PRIVATE ? '127.0.0.1' : PUBLIC, family: 4 }]
  },
})

Object.assign(tls, {
  connect(options: tls.ConnectionOptions) {
    const { lookup: checked = lookup } = options
    return connect({
      ...options,
      lookup: (name, given, callback) =>
        checked(name, { ...given, all: false }, (error, address) => {
          const isPublic = String(address) === PUBLIC
          const local = isPublic ? '127.0.0.1' : String(address)
          if (given.all) callback(error, [{ address: local, family: 4 }])
          else callback(error, local, 4)
        }),
    })
  },
})

syncBuiltinESMExports()
