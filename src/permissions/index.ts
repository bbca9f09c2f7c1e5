import '../base/node-version.ts'

export type { Identity } from '../authentication/scheme.ts'
export type { AuthRequest } from '../http/request.ts'
export type { User } from '../users/user.ts'

export {
  allowAny,
  has,
  hasRole,
  hasScope,
  isAuthenticated,
  isFirstParty,
  isNotImpersonated,
  isReadOnly,
  isStaff,
} from './basic-permissions.ts'
export { allOf, anyOf, not } from './compose.ts'
export {
  type Decision,
  type Denied,
  denied,
  type Granted,
  granted,
} from './decision.ts'
export {
  type ByMethod,
  modelMap,
  modelPermissions,
  modelPermissionsOrAnonReadOnly,
  type ObjectRights,
  objectPermissions,
} from './model-permissions.ts'
export type { Principal } from './permission.ts'
export {
  type Permission,
  type PermissionContext,
  type SignedIn,
  signedIn,
} from './permission.ts'
