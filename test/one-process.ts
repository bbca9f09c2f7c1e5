import childProcess, { ChildProcess } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

/** Read before the tests of `npm test`: no service and no other process is needed for them, and none is started. */
const refuse = (): never => {
  throw new Error(
    'npm test starts no process: call the file of this test *.system.test.ts, for npm run test:all.',
  )
}

// What starts a process and goes on comes down to this one.
;(ChildProcess.prototype as unknown as { spawn: unknown }).spawn = refuse
for (const name of ['spawnSync', 'execSync', 'execFileSync'] as const)
  Object.assign(childProcess, { [name]: refuse })
syncBuiltinESMExports()
