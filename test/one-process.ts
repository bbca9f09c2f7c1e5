import childProcess, { ChildProcess } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

/** Imported before the tests of `npm test`, which must not start processes. */
const refuse = (): never => {
  throw new Error(
    'npm test starts no process: call the file of this test *.system.test.ts, for npm run test:all.',
  )
}

// spawn(), exec() and fork() all call this method.
;(ChildProcess.prototype as unknown as { spawn: unknown }).spawn = refuse
for (const name of ['spawnSync', 'execSync', 'execFileSync'] as const)
  Object.assign(childProcess, { [name]: refuse })
syncBuiltinESMExports()
