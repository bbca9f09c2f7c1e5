import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const add = (modules: readonly string[]): void =>
  appendFileSync(process.env.LOADED ?? '', `${modules.join('\n')}\n`)

/** Preloaded: appends the address of every module that the process and its workers load to the file `LOADED`. */
registerHooks({
  load(url, context, nextLoad) {
    add([url])
    return nextLoad(url, context)
  },
})

/** And in the end those of Node.js that are not in every process, such as `node:fs/promises`. */
process.on('exit', () => {
  const { moduleLoadList } = process as unknown as {
    readonly moduleLoadList: readonly string[]
  }
  add(moduleLoadList.map((name) => name.replace(/^NativeModule /, 'node:')))
})
