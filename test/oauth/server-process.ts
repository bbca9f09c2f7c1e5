import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mount } from '../../src/adapters/node.ts'
import { buildWatchword } from '../build-watchword.ts'
import { optionsFor } from './code-flow.ts'

/** One of several processes that serve an instance. Arguments: its database and its public address. */
const [, , database = '', url = ''] = process.argv
const server = createServer()
mount(server, buildWatchword(optionsFor(database, url)))
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.((server.address() as AddressInfo).port)
