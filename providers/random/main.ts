/**
 * A STAND-IN for the official Pulumi plugin `random`, for machines that cannot download it. Same types, same inputs and
 * outputs; a change of any input replaces. It differs in these ways:
 *
 * - A seed gives other numbers than it does with the official plugin, though always the same ones.
 * - RandomPet knows eight words of each kind, and RandomPassword has no `bcryptHash`.
 * - Existing values cannot be imported.
 */
import { serve } from "../lib/standIn";
import { choiceTypes } from "./choices";
import { identifierTypes } from "./identifiers";
import { stringTypes } from "./strings";

void serve({
  resources: { ...identifierTypes, ...stringTypes, ...choiceTypes },
  cancel: () => Promise.resolve(),
});
