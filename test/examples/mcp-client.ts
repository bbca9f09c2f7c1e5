import { tool } from '../clients/servers/tools.ts'
import type { TestBrowser } from '../pages/site.ts'

/** What the official SDK keeps for an application: the interface `OAuthClientProvider` of its client. */
interface Kept {
  client?: object | undefined
  tokens?: { readonly access_token: string } | undefined
  verifier: string
  /** Where the browser of the user was sent. */
  address?: URL | undefined
}

interface McpClient {
  connect(transport: object): Promise<void>
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>
  callTool(call: {
    readonly name: string
  }): Promise<{ readonly content: readonly { readonly text: string }[] }>
  close(): Promise<void>
}

interface Transport {
  finishAuth(code: string): Promise<void>
}

type New<Arguments extends readonly unknown[], Made> = new (...given: Arguments) => Made

const REDIRECT = 'http://127.0.0.1:33418/callback'

export interface AgentOptions {
  /** The address of a document about the agent. */
  readonly document?: string
  readonly scope?: string
}

/** An agent that uses the client of the official SDK. @param server the address of the MCP server */
export async function agent(server: string, { document, scope }: AgentOptions = {}) {
  const { Client } = await tool<{ Client: New<[object], McpClient> }>(
    '@modelcontextprotocol/sdk/dist/esm/client/index.js',
  )
  const { StreamableHTTPClientTransport } = await tool<{
    StreamableHTTPClientTransport: New<[URL, object], Transport>
  }>('@modelcontextprotocol/sdk/dist/esm/client/streamableHttp.js')
  const kept: Kept = { verifier: '' }
  const authProvider = {
    redirectUrl: REDIRECT,
    clientMetadataUrl: document,
    clientMetadata: {
      client_name: 'Agent',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope,
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client: object) => {
      kept.client = client
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens: Kept['tokens']) => {
      kept.tokens = tokens
    },
    redirectToAuthorization: (address: URL) => {
      kept.address = address
    },
    saveCodeVerifier: (verifier: string) => {
      kept.verifier = verifier
    },
    codeVerifier: () => kept.verifier,
  }
  const transport = () =>
    new StreamableHTTPClientTransport(new URL(server), { authProvider })
  const newClient = () => new Client({ name: 'agent', version: '1.0.0' })

  return {
    kept,
    /** The first attempt, which ends at the page of the authorization server. */
    async begin(): Promise<{ transport: Transport; error: unknown }> {
      const first = transport()
      try {
        await newClient().connect(first)
        return { transport: first, error: undefined }
      } catch (error) {
        return { transport: first, error }
      }
    },
    /** The second one, with tokens. */
    async connected(): Promise<McpClient> {
      const client = newClient()
      await client.connect(transport())
      return client
    },
  }
}

/** A user signs in and agrees. @returns the code that the agent gets */
export async function agree(
  browser: TestBrowser,
  address: URL | undefined,
  password: string,
): Promise<string> {
  await browser.open(String(address))
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password })
  await browser.submit({ button: 'Allow' })
  const { text, path } = browser.page
  const [, refresh = path] = /content="0;url=([^"]*)"/.exec(text) ?? []
  return new URL(refresh.replaceAll('&amp;', '&')).searchParams.get('code') ?? ''
}

/** Requests of a browser over the network; redirects to other origins are not followed. */
export const overNetwork = (origin: string) => ({
  async handler(request: Request): Promise<Response> {
    if (!request.url.startsWith(origin)) return new Response('')
    const body = request.method === 'GET' ? null : await request.text()
    const { method, headers } = request
    return fetch(request.url, { method, headers, body, redirect: 'manual' })
  },
})
