import type { Access } from '../http/endpoint.ts'
import { has } from '../permissions/basic-permissions.ts'
import type { Requirement, RequirementOptions } from './requirement.ts'

type AnyRequirement = Requirement<never, string>
type AnyOptions = RequirementOptions<never, string>

/** What the guard of an endpoint requires: the endpoint's schemes, and its requirement as a route would give it. */
export function endpointRequirement({
  authentication,
  requirement = {},
}: Access): AnyRequirement {
  if (authentication === undefined) return requirement as AnyRequirement
  return {
    ...tableOf(requirement as AnyRequirement),
    schemes: authentication,
  } as AnyRequirement
}

function tableOf(requirement: AnyRequirement): AnyOptions {
  if (typeof requirement === 'string') return { permissions: has(requirement) }
  if (typeof requirement === 'function') return { permissions: requirement }
  return requirement
}

/** The authentication and the requirement of a method: its own, else its endpoint's; `undefined` if both are public. */
export const accessOf = (handler: Access, endpoint: Access): Access | undefined =>
  [handler, endpoint].find((each) => !isPublic(each))

const isPublic = ({ authentication, requirement }: Access): boolean =>
  authentication === undefined && requirement === undefined
