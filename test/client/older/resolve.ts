import { registerHooks } from 'node:module'

/** Where the older frameworks are installed. */
const HERE = import.meta.url

/** Imported before a test: React and Vue are those of this folder. */
registerHooks({
  resolve(name, context, next) {
    const isOlder = /^(react|react-dom|vue)(\/|$)/.test(name)
    return next(name, isOlder ? { ...context, parentURL: HERE } : context)
  },
})
