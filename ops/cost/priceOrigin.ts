/** What a cost was reckoned with. */
export interface PriceTable {
  /** Day of the prices. */
  readonly pricesAsOf: string;
  /** Region of the prices. */
  readonly pricesRegion: string;
  /** Region of the build. */
  readonly region: string;
  /** Names of the prices that the settings give. */
  readonly ownPrices: readonly string[];
}

/** Whose prices they are, of which day and region. */
export function priceOrigin({ pricesAsOf, pricesRegion, region, ownPrices }: PriceTable): string {
  const elsewhere = region === pricesRegion ? "" : `, not of ${region}`;
  const own = ownPrices.length === 0 ? "" : `, but for your ${ownPrices.join(", ")}`;
  return `list prices of ${pricesAsOf} in ${pricesRegion}${elsewhere}${own}`;
}
