export { boxNameProblems, machineName } from "./boxName";
export { addEntry, catalogText, emptyCatalog, parseCatalog } from "./catalog";
export type { Catalog, CatalogEntry, CatalogProvider, CatalogVersion } from "./catalog";
export { changeCatalogFile, folderUrl, publishToFile, readCatalog } from "./store";
export type { CatalogChange, Publication } from "./store";
export { compareVersions, parseVersion, versionProblems } from "./version";
export type { Version } from "./version";
