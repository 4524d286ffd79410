import type {
  BlockDeviceMapping,
  HttpTokensState,
  InstanceMetadataEndpointState,
  MarketType,
  RunInstancesCommandInput,
  ShutdownBehavior,
  SpotInstanceType,
  InstanceInterruptionBehavior,
  VolumeType,
  _InstanceType,
} from "@aws-sdk/client-ec2";
import type { Properties } from "../lib/wireValues";
import { tagList, tagSpecification } from "./tags";

/**
 * The request that starts an instance as its inputs say.
 *
 * @param rootDevice device name of the image's root disk
 */
export function runInstancesRequest(
  inputs: Properties,
  rootDevice: string,
): RunInstancesCommandInput {
  const groups = inputs["vpcSecurityGroupIds"] as string[] | undefined;
  const subnet = inputs["subnetId"] as string | undefined;
  const profile = inputs["iamInstanceProfile"] as string | undefined;
  const userData = inputs["userData"] as string | undefined;
  const publicAddress = inputs["associatePublicIpAddress"] as boolean | undefined;
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: inputs["ami"] as string,
    InstanceType: inputs["instanceType"] as _InstanceType,
    KeyName: inputs["keyName"] as string | undefined,
    ...(publicAddress === undefined
      ? { SecurityGroupIds: groups, SubnetId: subnet }
      : {
          // With an address asked for, groups and subnet belong to the interface.
          NetworkInterfaces: [
            {
              DeviceIndex: 0,
              AssociatePublicIpAddress: publicAddress,
              Groups: groups,
              SubnetId: subnet,
            },
          ],
        }),
    ...(profile !== undefined && { IamInstanceProfile: { Name: profile } }),
    ...(userData !== undefined && { UserData: Buffer.from(userData).toString("base64") }),
    ...(inputs["metadataOptions"] !== undefined && {
      MetadataOptions: metadataRequest(inputs["metadataOptions"] as Properties),
    }),
    ...marketOptions(inputs["instanceMarketOptions"] as Properties | undefined),
    InstanceInitiatedShutdownBehavior: inputs["instanceInitiatedShutdownBehavior"] as
      ShutdownBehavior | undefined,
    ...rootDisk(inputs["rootBlockDevice"] as Properties | undefined, rootDevice),
    ...tagSpecification("instance", inputs["tags"]),
  };
}

function rootDisk(
  root: Properties | undefined,
  DeviceName: string,
): { BlockDeviceMappings?: BlockDeviceMapping[] } {
  if (root === undefined) return {};
  return {
    BlockDeviceMappings: [
      {
        DeviceName,
        Ebs: {
          VolumeType: root["volumeType"] as VolumeType | undefined,
          VolumeSize: root["volumeSize"] as number | undefined,
          Throughput: root["throughput"] as number | undefined,
          Iops: root["iops"] as number | undefined,
          DeleteOnTermination: (root["deleteOnTermination"] as boolean | undefined) ?? true,
        },
      },
    ],
  };
}

/** Metadata options as requests have them. */
export function metadataRequest(options: Properties): {
  HttpEndpoint: InstanceMetadataEndpointState | undefined;
  HttpTokens: HttpTokensState | undefined;
  HttpPutResponseHopLimit: number | undefined;
} {
  return {
    HttpEndpoint: options["httpEndpoint"] as InstanceMetadataEndpointState | undefined,
    HttpTokens: options["httpTokens"] as HttpTokensState | undefined,
    HttpPutResponseHopLimit: options["httpPutResponseHopLimit"] as number | undefined,
  };
}

function marketOptions(
  options: Properties | undefined,
): Pick<RunInstancesCommandInput, "InstanceMarketOptions"> {
  if (options === undefined) return {};
  const spot = (options["spotOptions"] ?? {}) as Properties;
  return {
    InstanceMarketOptions: {
      MarketType: options["marketType"] as MarketType,
      SpotOptions: {
        SpotInstanceType: spot["spotInstanceType"] as SpotInstanceType | undefined,
        InstanceInterruptionBehavior: spot["instanceInterruptionBehavior"] as
          InstanceInterruptionBehavior | undefined,
      },
    },
  };
}

/** Tags of the root volume, which the request has no place of its own for. */
export function rootVolumeTags(inputs: Properties): ReturnType<typeof tagList> {
  return tagList((inputs["rootBlockDevice"] as Properties | undefined)?.["tags"]);
}
