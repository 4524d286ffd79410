import { InputError, shown } from "../problems";
import { derivedMac } from "./derived";
import { isOsType, osTypes, type OsType } from "./osTypes";

const BOOT_DEVICES = ["disk", "dvd", "network", "floppy"] as const;
const ARCHITECTURES = ["amd64", "arm64"] as const;
const FIRMWARES = ["bios", "efi"] as const;
const GRAPHICS = ["VMSVGA", "VBoxVGA", "VBoxSVGA"] as const;
const ADAPTERS = ["82540EM", "82543GC", "82545EM", "virtio", "Am79C973"] as const;

/** A place the firmware may boot from. */
export type BootDevice = (typeof BOOT_DEVICES)[number];

/**
 * The virtual machine a box asks for. Sound, serial ports and remote display are always off: their
 * settings name drivers, sockets or files of one host, which a box must not carry.
 */
export interface Hardware {
  /** Name VirtualBox suggests on import: 1 to 80 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit. */
  readonly name: string;
  /**
   * Processor; default `amd64`. With `arm64` (VirtualBox 7.1) the disk is on a VirtIO SCSI controller and
   * keyboard and mouse on a USB 3 one, as there is no PC hardware.
   */
  readonly architecture: (typeof ARCHITECTURES)[number];
  /** VirtualBox guest type; default `Debian_64`, on ARM `Debian_arm64`. */
  readonly osType: OsType;
  /** Virtual processors, 1 to 64; default 2. */
  readonly cpus: number;
  /** Memory in MiB, 64 to 2097152; default 2048. */
  readonly memoryMiB: number;
  /** Video memory in MiB, 9 (what VirtualBox needs for a full screen) to 256; default 16. */
  readonly vramMiB: number;
  /** Whether there is an I/O APIC; needed for more than one processor; default true. */
  readonly ioApic: boolean;
  /** Whether the clock chip runs in UTC, as Linux expects; default true. */
  readonly rtcUtc: boolean;
  /** Whether a 32-bit guest sees physical address extension; default false. */
  readonly pae: boolean;
  /** What to boot from, in order, at most four and none twice; default the disk alone. */
  readonly bootOrder: readonly BootDevice[];
  /** Whether disk access goes through the host's file cache; default true. */
  readonly hostIoCache: boolean;
  /** Firmware the machine starts; default `bios`, on ARM `efi`, which is all there is. */
  readonly firmware: (typeof FIRMWARES)[number];
  /** Graphics card; default `VMSVGA`. */
  readonly graphics: (typeof GRAPHICS)[number];
  /** Whether there is a USB 1.1 controller; default false. */
  readonly usb: boolean;
  /** Network card model of the one NAT adapter; default `82540EM` (Linux: e1000), on ARM `virtio`. */
  readonly adapter: (typeof ADAPTERS)[number];
  /** Whether the network cable is plugged in; default true. */
  readonly cableConnected: boolean;
  /** Address of the network card, 12 hexadecimal digits; default derived from the seed. */
  readonly mac: string;
}

/** Every default of {@link Hardware} that does not depend on the box. */
export const defaultHardware = {
  architecture: "amd64",
  osType: "Debian_64",
  cpus: 2,
  memoryMiB: 2048,
  vramMiB: 16,
  ioApic: true,
  rtcUtc: true,
  pae: false,
  bootOrder: ["disk"],
  hostIoCache: true,
  firmware: "bios",
  graphics: "VMSVGA",
  usb: false,
  adapter: "82540EM",
  cableConnected: true,
} as const satisfies Omit<Hardware, "name" | "mac">;

/** What is otherwise on ARM. */
const armHardware = {
  ...defaultHardware,
  architecture: "arm64",
  osType: "Debian_arm64",
  firmware: "efi",
  adapter: "virtio",
} as const satisfies Omit<Hardware, "name" | "mac">;

/** The defaults of an architecture; those of amd64 where it is none. */
export function hardwareDefaults(architecture: unknown): Omit<Hardware, "name" | "mac"> {
  return architecture === "arm64" ? armHardware : defaultHardware;
}

const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isOneOf =
  (allowed: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "string" && allowed.includes(value);
const isWholeNumber =
  (lowest: number, highest: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest;
const isMatch =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === "string" && pattern.test(value);
const isBootOrder = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= 4 &&
  new Set(value).size === value.length &&
  value.every(isOneOf(BOOT_DEVICES));
const isKnownOsType = (value: unknown): boolean => typeof value === "string" && isOsType(value);

/** What each setting accepts: the test, and the same in words. */
const rules: Record<keyof Hardware, readonly [(value: unknown) => boolean, string]> = {
  name: [
    isMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/),
    "1 to 80 letters, digits, dots, underscores and hyphens, the first a letter or digit",
  ],
  architecture: [isOneOf(ARCHITECTURES), `one of ${ARCHITECTURES.join(", ")}`],
  osType: [isKnownOsType, `one of ${Object.keys(osTypes).join(", ")}`],
  cpus: [isWholeNumber(1, 64), "a whole number from 1 to 64"],
  memoryMiB: [isWholeNumber(64, 2097152), "a whole number of MiB from 64 to 2097152"],
  vramMiB: [isWholeNumber(9, 256), "a whole number of MiB from 9 to 256"],
  ioApic: [isBoolean, "true or false"],
  rtcUtc: [isBoolean, "true or false"],
  pae: [isBoolean, "true or false"],
  bootOrder: [isBootOrder, `at most four of ${BOOT_DEVICES.join(", ")}, none twice`],
  hostIoCache: [isBoolean, "true or false"],
  firmware: [isOneOf(FIRMWARES), `one of ${FIRMWARES.join(", ")}`],
  graphics: [isOneOf(GRAPHICS), `one of ${GRAPHICS.join(", ")}`],
  usb: [isBoolean, "true or false"],
  adapter: [isOneOf(ADAPTERS), `one of ${ADAPTERS.join(", ")}`],
  cableConnected: [isBoolean, "true or false"],
  mac: [
    isMatch(/^[0-9A-Fa-f][02468ACEace][0-9A-Fa-f]{10}$/),
    "12 hexadecimal digits, the second of them even (a unicast address), without separators",
  ],
};

/**
 * All that is wrong with hardware settings, one sentence each; empty if nothing is. Takes settings
 * of unknown origin, so wrong types and unknown names are found too.
 */
export function hardwareProblems(settings: Readonly<Record<string, unknown>>): string[] {
  const known = Object.keys(rules) as (keyof Hardware)[];
  const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(rules, name));
  const wrong = known.flatMap((name) => {
    const [accepts, allowed] = rules[name];
    const value = settings[name];
    return accepts(value) ? [] : [`${name} is ${shown(value)}, but must be ${allowed}.`];
  });
  const lacksIoApic =
    settings["ioApic"] === false && isWholeNumber(2, 64)(settings["cpus"])
      ? ["ioApic is false, but more than one processor needs it: set it to true or cpus to 1."]
      : [];
  return [
    ...machineMismatches(settings),
    ...unknown.map((name) => `${name} is not a hardware setting: use ${known.join(", ")}.`),
    ...wrong,
    ...lacksIoApic,
  ];
}

/** Settings that are of another kind of machine. */
function machineMismatches({
  architecture,
  osType,
  firmware,
}: Readonly<Record<string, unknown>>): string[] {
  const isArm = architecture === "arm64";
  const isArmType = typeof osType === "string" && osType.endsWith("_arm64");
  return [
    ...(isKnownOsType(osType) && isArm !== isArmType
      ? [
          `osType is ${shown(osType)}, but must be a type for the architecture ${shown(architecture)}.`,
        ]
      : []),
    ...(isArm && firmware === "bios"
      ? ["firmware is bios, but must be efi: there is no BIOS for ARM."]
      : []),
  ];
}

/**
 * The hardware of a box: what is given, and the defaults for the rest.
 *
 * @param name - the machine's name unless `given` has one
 * @param seed - what the network card's address is derived from unless `given` has one
 * @throws InputError with every problem in `given`
 */
export function resolveHardware(name: string, seed: string, given: Partial<Hardware>): Hardware {
  const defaults = hardwareDefaults(given.architecture);
  const hardware: Hardware = { name, mac: derivedMac(seed), ...defaults, ...given };
  const problems = hardwareProblems({ ...hardware });
  if (problems.length > 0) throw new InputError("hardware settings", problems);
  return { ...hardware, mac: hardware.mac.toUpperCase() };
}
