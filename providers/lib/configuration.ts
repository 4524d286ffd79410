import { Server, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";

/** The part of the engine's `ConfigureRequest` that is read (pulumi/pulumi, proto/pulumi/provider.proto). */
interface ConfigureCall {
  readonly request: {
    getVariablesMap(): { forEach(each: (value: string, key: string) => void): void };
  };
}

/**
 * Hands the provider's configuration over when the engine sends it. The SDK's server for providers takes that
 * request and drops what is in it, so the request is read on its way there.
 *
 * @param receive gets the values by their names without the provider's own, `region` for `aws:region`
 */
export function receiveConfiguration(
  receive: (config: Readonly<Record<string, string>>) => void,
): void {
  const addService = Reflect.get<Server, "addService">(Server.prototype, "addService");
  Server.prototype.addService = function (
    this: Server,
    service: ServiceDefinition,
    implementation: UntypedServiceImplementation,
  ): void {
    const configure = implementation["configure"] as (
      call: ConfigureCall,
      ...rest: unknown[]
    ) => void;
    Object.assign(implementation, {
      configure: (call: ConfigureCall, ...rest: unknown[]): void => {
        const config: Record<string, string> = {};
        call.request.getVariablesMap().forEach((value, key) => {
          config[key.slice(key.lastIndexOf(":") + 1)] = value;
        });
        receive(config);
        configure.call(implementation, call, ...rest);
      },
    });
    addService.call(this, service, implementation);
  };
}
