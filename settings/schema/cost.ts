import { z } from "zod";

/** What things cost you, where that is not what the list of prices says; see ops/cost/prices.ts. */

const price = z.number().min(0).optional();

export const costSettings = z.strictObject({
  /** In place of the list's prices, in US dollars. */
  prices: z
    .strictObject({
      /** An hour of an instance, by its type. */
      instanceHour: z
        .record(
          z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "it must be a type such as c6i.xlarge"),
          z.number().min(0),
        )
        .optional(),
      /** A GiB of a gp3 volume for a month. */
      volumeGiBMonth: price,
      /** A MiB/s of such a volume above 125, for a month. */
      volumeThroughputMonth: price,
      /** A GiB in snapshots for a month. */
      snapshotGiBMonth: price,
      /** An hour of a public address. */
      publicAddressHour: price,
      /** A GiB in the bucket for a month. */
      objectGiBMonth: price,
      /** A thousand requests that write to the bucket, and that read from it. */
      putRequests: price,
      getRequests: price,
    })
    .default({}),
});

export type CostSettings = z.infer<typeof costSettings>;
