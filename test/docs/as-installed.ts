/**
 * Loaded before a program of the documentation, so that it runs as it is printed: packages are this repository's, servers
 * listen on any free port and send it to the parent.
 */
import { registerHooks } from 'node:module'
import { type AddressInfo, Server } from 'node:net'
import { pathToFileURL } from 'node:url'

const { ROOT = '', SOURCES = '{}' } = process.env
const root = pathToFileURL(`${ROOT}/`)
const sources = JSON.parse(SOURCES) as Record<string, string>

registerHooks({
  resolve(specifier, context, next) {
    const source = sources[specifier]
    if (source !== undefined) return next(new URL(source, root).href, context)
    if (specifier.startsWith('watchword'))
      throw new Error(`the documentation imports ${specifier}: it is not exported`)
    const isOurs = context.parentURL?.startsWith(root.href) === true
    if (/^[@a-z]/.test(specifier) && !specifier.includes(':') && !isOurs) {
      return next(specifier, {
        ...context,
        parentURL: new URL('package.json', root).href,
      })
    }
    // As bundlers do, which frameworks bring.
    const bare =
      /^\.\.?\/(?!.*\.\w+$)/.test(specifier) && !specifier.includes('node_modules')
    return next(bare && !isOurs ? `${specifier}.ts` : specifier, context)
  },
})

const { listen } = Server.prototype
Server.prototype.listen = function (this: Server, ...args: readonly unknown[]) {
  const then = args.findLast((each) => typeof each === 'function') as
    | (() => void)
    | undefined
  this.once('listening', () => process.send?.((this.address() as AddressInfo).port))
  return Reflect.apply(listen, this, [0, '127.0.0.1', then])
} as typeof listen
