/** How much is measured. */
export interface BenchPlan {
  /** Runs of each of our routes from one disk to a box; the medians are compared. */
  readonly rounds: number;
  /** Runs of the seed's and the qemu-img route, which take most of the time. */
  readonly slowRounds: number;
  /** Size of the disk in the comparison, GiB. */
  readonly diskGiB: number;
  /** Sizes for "time against disk size", GiB. The seed writes every byte of the disk, so it gets the small ones. */
  readonly diskSizes: readonly number[];
  readonly seedDiskSizes: readonly number[];
  /** Contents, in copies of a Debian root. */
  readonly contents: readonly number[];
  /** Contents of the two slow routes. */
  readonly slowContents: readonly number[];
  /** Time that each read of the slow source takes, milliseconds. */
  readonly delayMs: number;
  /** Folder of the source that is copied from the slow source. */
  readonly slowTree: string;
}

/** All of it, in about twelve minutes on two processors. */
export const fullPlan: BenchPlan = {
  rounds: 3,
  slowRounds: 2,
  diskGiB: 8,
  diskSizes: [8, 16, 32, 64],
  seedDiskSizes: [8, 16],
  contents: [1, 2, 3],
  slowContents: [1, 3],
  delayMs: 5,
  slowTree: "usr/share",
};

/** One run of each, and the ends of each curve: about four minutes. */
export const quickPlan: BenchPlan = {
  ...fullPlan,
  rounds: 1,
  slowRounds: 1,
  diskSizes: [8, 64],
  seedDiskSizes: [8],
  contents: [1, 2],
  slowContents: [1],
};
