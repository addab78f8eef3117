/**
 * Names the resource that a set belongs to. A mark has its URN (pulumi/pulumi: sdk/go/common/resource/urn/urn.go).
 *
 * ```ts
 * // "www" of the stack "dev" (project "my-fleet")
 * ```
 */
export function ownerName(urn: string): string {
  const [, stack, project, name] = /^urn:pulumi:([^:]+)::([^:]+)::.*::(.+)$/s.exec(urn) ?? [];
  return name === undefined ? urn : `"${name}" of the stack "${stack}" (project "${project}")`;
}
