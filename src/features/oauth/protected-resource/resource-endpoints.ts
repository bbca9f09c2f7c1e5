import { json } from '../../../http/answer.ts'
import { resourceMetadataPath } from '../../../tokens/protected-resources.ts'
import type { SectionReader } from '../../core.ts'
import type { FeaturePage } from '../../define-feature.ts'
import { oauthOptions } from '../options.ts'
import type { ProtectedResource } from './resource-options.ts'

/** The metadata of each resource, at the path that follows from its own (RFC 9728 §3.1): no option can change it. */
export const resourceEndpoints = (section: SectionReader): readonly FeaturePage[] =>
  Object.entries(section(oauthOptions)?.protectedResources ?? {}).map(
    ([path, resource]) => resourceEndpoint(path, resource),
  )

const resourceEndpoint = (path: string, resource: ProtectedResource): FeaturePage => {
  const name = `oauth.resource ${path}`
  return {
    name,
    path: resourceMetadataPath(path),
    create: (_, open) => ({
      name,
      ignoresAccept: true,
      count: false,
      methods: {
        GET: {
          async handle() {
            const { issuerOf } = await import('../issuer.ts')
            return json(resourceMetadata(path, resource, issuerOf(await open())), {
              cacheControl: 'public, max-age=60',
              // Applications in browsers of other origins read it; it is the same for all.
              headers: [['Access-Control-Allow-Origin', '*']],
            })
          },
        },
      },
    }),
  }
}

/** RFC 9728 §2. What is undefined is left out of the JSON. */
function resourceMetadata(
  path: string,
  { name, scopes, documentation }: ProtectedResource,
  issuer: string,
): object {
  return {
    resource: issuer + path,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: name,
    resource_documentation: documentation,
  }
}
