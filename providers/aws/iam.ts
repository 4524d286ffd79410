import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  TagRoleCommand,
  UntagInstanceProfileCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import { HalfMade, type ResourceType } from "../lib/standIn";
import { sameValue } from "../lib/wireValues";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { changeTags, readTags, tagList, tagOutputs } from "./tags";
import { limits, retryWhile } from "./waiting";

/** The policy as it was written if the real one, percent-encoded, says the same; else the real one. */
function sameDocument(written: unknown, real: string | undefined): unknown {
  const found = decodeURIComponent(real ?? "");
  try {
    return sameValue(JSON.parse(written as string), JSON.parse(found)) ? written : found;
  } catch {
    return found;
  }
}

/** `aws.iam.Role`, its policies being resources of their own. */
export function role(clients: Clients): ResourceType {
  return {
    inputs: {
      name: { kind: "string", required: true, replaces: true },
      path: { kind: "string", default: "/", replaces: true },
      description: { kind: "string" },
      assumeRolePolicy: { kind: "string", required: true },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const name = inputs["name"] as string;
      const { Role } = await clients.iam
        .send(
          new CreateRoleCommand({
            RoleName: name,
            Path: inputs["path"] as string,
            Description: inputs["description"] as string | undefined,
            AssumeRolePolicyDocument: inputs["assumeRolePolicy"] as string,
            Tags: tagList(inputs["tags"]),
          }),
        )
        .catch((error: unknown) => {
          throw whileDoing(`creating IAM Role (${name})`, error);
        });
      return {
        id: name,
        outputs: { arn: Role?.Arn, uniqueId: Role?.RoleId, ...tagOutputs(inputs) },
      };
    },
    read: async (state, { id }) => {
      try {
        const { Role } = await clients.iam.send(new GetRoleCommand({ RoleName: id }));
        return {
          description: Role?.Description === "" ? undefined : Role?.Description,
          assumeRolePolicy: sameDocument(state["assumeRolePolicy"], Role?.AssumeRolePolicyDocument),
          ...readTags(Role?.Tags),
        };
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
    update: async (state, inputs, { id }) => {
      if (state["assumeRolePolicy"] !== inputs["assumeRolePolicy"]) {
        const PolicyDocument = inputs["assumeRolePolicy"] as string;
        await clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: id, PolicyDocument }));
      }
      if (state["description"] !== inputs["description"]) {
        const Description = (inputs["description"] as string | undefined) ?? "";
        await clients.iam.send(new UpdateRoleDescriptionCommand({ RoleName: id, Description }));
      }
      await changeTags(
        state["tags"],
        inputs["tags"],
        (TagKeys) => clients.iam.send(new UntagRoleCommand({ RoleName: id, TagKeys })),
        (Tags) => clients.iam.send(new TagRoleCommand({ RoleName: id, Tags })),
      );
      return { arn: state["arn"], uniqueId: state["uniqueId"], ...tagOutputs(inputs) };
    },
    delete: (_state, { id }) =>
      forgivingAbsence(() =>
        retryWhile(
          ({ name }) => name === "DeleteConflictException" || name === "DeleteConflict",
          `IAM Role (${id}) to be free`,
          { limitMs: limits.iamPropagation },
          () => clients.iam.send(new DeleteRoleCommand({ RoleName: id })),
        ),
      ),
  };
}

/** `aws.iam.RolePolicy`: a policy inside a role. */
export function rolePolicy(clients: Clients): ResourceType {
  const named = (id: string): { RoleName: string; PolicyName: string } => {
    const [RoleName = "", PolicyName = ""] = id.split(":");
    return { RoleName, PolicyName };
  };
  const put = (id: string, policy: unknown): Promise<unknown> =>
    clients.iam
      .send(new PutRolePolicyCommand({ ...named(id), PolicyDocument: policy as string }))
      .catch((error: unknown) => {
        throw whileDoing(`putting IAM Role Policy (${id})`, error);
      });
  return {
    inputs: {
      name: { kind: "string", required: true, replaces: true },
      role: { kind: "string", required: true, replaces: true },
      policy: { kind: "string", required: true },
    },
    create: async (inputs) => {
      const id = `${String(inputs["role"])}:${String(inputs["name"])}`;
      await put(id, inputs["policy"]);
      return { id, outputs: {} };
    },
    read: async (state, { id }) => {
      try {
        const { PolicyDocument } = await clients.iam.send(new GetRolePolicyCommand(named(id)));
        return { policy: sameDocument(state["policy"], PolicyDocument) };
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
    update: async (_state, inputs, { id }) => {
      await put(id, inputs["policy"]);
      return {};
    },
    delete: (_state, { id }) =>
      forgivingAbsence(() => clients.iam.send(new DeleteRolePolicyCommand(named(id)))),
  };
}

/** `aws.iam.InstanceProfile` with one role in it. */
export function instanceProfile(clients: Clients): ResourceType {
  return {
    inputs: {
      name: { kind: "string", required: true, replaces: true },
      path: { kind: "string", default: "/", replaces: true },
      role: { kind: "string", required: true, replaces: true },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const name = inputs["name"] as string;
      const named = { InstanceProfileName: name };
      const { InstanceProfile } = await clients.iam
        .send(
          new CreateInstanceProfileCommand({
            ...named,
            Path: inputs["path"] as string,
            Tags: tagList(inputs["tags"]),
          }),
        )
        .catch((error: unknown) => {
          throw whileDoing(`creating IAM Instance Profile (${name})`, error);
        });
      const outputs = { arn: InstanceProfile?.Arn, ...tagOutputs(inputs) };
      try {
        // A role made a moment ago is not known everywhere yet.
        await retryWhile(
          (error) => isNotFound(error),
          `IAM Role (${String(inputs["role"])}) to be known`,
          { limitMs: limits.iamPropagation },
          () =>
            clients.iam.send(
              new AddRoleToInstanceProfileCommand({ ...named, RoleName: inputs["role"] as string }),
            ),
        );
      } catch (error) {
        const reason = whileDoing(`adding role to IAM Instance Profile (${name})`, error);
        throw new HalfMade({ id: name, outputs: { ...outputs, role: undefined } }, reason.message);
      }
      return { id: name, outputs };
    },
    read: async (_state, { id }) => {
      try {
        const { InstanceProfile } = await clients.iam.send(
          new GetInstanceProfileCommand({ InstanceProfileName: id }),
        );
        return readTags(InstanceProfile?.Tags);
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
    update: async (state, inputs, { id }) => {
      const named = { InstanceProfileName: id };
      await changeTags(
        state["tags"],
        inputs["tags"],
        (TagKeys) => clients.iam.send(new UntagInstanceProfileCommand({ ...named, TagKeys })),
        (Tags) => clients.iam.send(new TagInstanceProfileCommand({ ...named, Tags })),
      );
      return { arn: state["arn"], ...tagOutputs(inputs) };
    },
    delete: async (state, { id }) => {
      const named = { InstanceProfileName: id };
      const RoleName = state["role"] as string | undefined;
      if (RoleName !== undefined) {
        await forgivingAbsence(() =>
          clients.iam.send(new RemoveRoleFromInstanceProfileCommand({ ...named, RoleName })),
        );
      }
      await forgivingAbsence(() => clients.iam.send(new DeleteInstanceProfileCommand(named)));
    },
  };
}
