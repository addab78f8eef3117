// A URN is "urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME" (pulumi/pulumi: sdk/go/common/resource/urn/urn.go). A name may contain "::".

export function typeOf(urn: string): string | undefined {
  return urn.split("::")[2]?.split("$").at(-1);
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::") || urn;
}
