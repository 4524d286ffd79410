export { boxNameProblems, machineName } from "./boxName";
export { addEntry, catalogText, emptyCatalog, parseCatalog } from "./catalog";
export type { Catalog, CatalogEntry, CatalogProvider, CatalogVersion } from "./catalog";
export { folderUrl, publishToFile, readCatalog } from "./store";
export type { Publication } from "./store";
export { compareVersions, parseVersion, versionProblems } from "./version";
export type { Version } from "./version";
