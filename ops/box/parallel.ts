import type { PlannedBox } from "../../settings/boxPlans";
import { boxesAtOnce, needsOf, roomHere } from "./capacity";

/** How many operations the engine is to have under way, and why. */
export interface Parallel {
  readonly operations: number;
  /** Such as `2 at once, as many as processors allow`. */
  readonly inWords: string;
  readonly warning?: string;
}

/** A bake and its worker are made side by side, so that a box in EC2 has two operations under way. */
const operationsOfAwsBox = 2;
/** What the engine takes by itself, and so many that a machine can follow: each is a connection and a child. */
const [leastInAws, mostInAws] = [16, 128];
/** Of a machine that is logged in to nothing is known of its room. */
const onOtherMachine = 2;

/**
 * How many operations the engine is to have under way where nobody says: on one machine as many boxes as there is
 * room for, in EC2 all of them.
 *
 * @param root folder whose file system the work folders are in
 */
export function chooseParallel(boxes: readonly PlannedBox[], root: string): Parallel {
  switch (boxes[0]?.plan.settings.target) {
    case "aws": {
      const wanted = boxes.length * operationsOfAwsBox;
      const operations = Math.min(mostInAws, Math.max(leastInAws, wanted));
      return { operations, inWords: `${operations} operations at once` };
    }
    case "ssh":
      return { operations: onOtherMachine, inWords: `${onOtherMachine} at once` };
    default: {
      const needs = boxes.map(({ plan }) => needsOf(plan));
      const { count, limit, tight } = boxesAtOnce(roomHere(root), needs);
      return {
        operations: count,
        inWords: limit === "boxes" ? "all at once" : `${count} at once for want of ${limit}`,
        ...(tight && {
          warning: "The free disk may not be enough for all boxes; see docs/boxes.md.",
        }),
      };
    }
  }
}
