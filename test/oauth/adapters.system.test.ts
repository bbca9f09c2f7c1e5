import { test } from 'node:test'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { freePort } from '../services/free-port.ts'
import { createAda, optionsFor, runCodeFlow } from './code-flow.ts'
import { DATABASES } from './databases.ts'
import { PROGRAMS } from './programs.ts'

for (const [database, open] of DATABASES)
  for (const [name, start] of Object.entries(PROGRAMS))
    test(`${name}, ${database}: openid-client runs the code flow`, async (t) => {
      const opened = await open(t)
      if (opened.skip !== undefined) return t.skip(opened.skip)
      const port = await freePort()
      const url = `http://127.0.0.1:${port}`
      const auth = buildWatchword(optionsFor(opened.url, url))
      cleanUp(t, () => auth.close())
      cleanUp(t, await start(auth, port))
      await runCodeFlow(url, auth, (await createAda(auth)).id)
    })
