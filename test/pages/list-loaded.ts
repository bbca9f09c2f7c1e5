import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Preloaded: appends the address of every module that the process and its workers load to the file `LOADED`. */
registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(process.env.LOADED ?? '', `${url}\n`)
    return nextLoad(url, context)
  },
})
