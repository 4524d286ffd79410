import type { CatalogVersion } from "../../formats/catalog";
import type { RegistryCatalog } from "../../ops/registry/standing";

/** A version with one box. */
export function sampleVersion(version: string): CatalogVersion {
  return {
    version,
    created_at: "2026-11-24T03:04:05Z",
    providers: [
      {
        name: "virtualbox",
        url: `https://boxes.example.org/acme/demo/${version}/virtualbox-amd64.box`,
        checksum: "0123456789abcdef".repeat(4),
        checksum_type: "sha256",
        architecture: "amd64",
        default_architecture: true,
        size: 261_000_000,
      },
    ],
  };
}

/** A catalog of these versions, as they would stand in it. */
export function sampleCatalog(...versions: string[]): RegistryCatalog {
  return {
    name: "acme/demo",
    description: "A box with <everything> & more",
    versions: versions.map((version, index) => ({
      ...sampleVersion(version),
      created_at: new Date(Date.UTC(2026, 10, 24, 3, 4, index)).toISOString(),
    })),
  };
}

export function namesOf(versions: readonly CatalogVersion[] | undefined): string[] {
  return (versions ?? []).map(({ version }) => version);
}
