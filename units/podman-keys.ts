import type { QuadletSectionName } from "./kinds.ts";

/**
 * podman version → the keys of a quadlet that it introduced, by section: from the tables of supported keys in podman's
 * pkg/systemd/quadlet/quadlet.go at the tag of each release from v4.4.0 to v6.0.0-rc1 (no patch release added one, none was ever removed).
 * 6.1 is from the release notes of v6.1.0 (August 2026); 6.2 is not released yet ("6.2.0-dev", pull request 29417).
 *
 * @see podman-systemd.unit(5)
 */
export const podmanKeys: Readonly<Record<string, Partial<Record<QuadletSectionName | "Quadlet", string>>>> = {
  "4.4": {
    Container: `
      AddCapability AddDevice Annotation ContainerName DropCapability Environment EnvironmentFile
      EnvironmentHost Exec ExposeHostPort Group Image Label Network NoNewPrivileges Notify PodmanArgs
      PublishPort ReadOnly RemapGid RemapUid RemapUidSize RemapUsers RunInit SeccompProfile Timezone
      User VolatileTmp Volume
    `,
    Volume: "Copy Device Group Label Options Type User",
    Network: "DisableDNS Driver Gateway IPAMDriver IPRange IPv6 Internal Label Options Subnet",
    Kube: "ConfigMap Network PublishPort RemapGid RemapUid RemapUidSize RemapUsers Yaml",
  },
  "4.5": {
    Container: `
      HealthCmd HealthInterval HealthOnFailure HealthRetries HealthStartPeriod HealthStartupCmd
      HealthStartupInterval HealthStartupRetries HealthStartupSuccess HealthStartupTimeout
      HealthTimeout IP IP6 LogDriver Mount Rootfs Secret SecurityLabelDisable SecurityLabelFileType
      SecurityLabelLevel SecurityLabelType Tmpfs UserNS
    `,
    Kube: "LogDriver UserNS",
  },
  "4.6": {
    Container: "AutoUpdate HostName Mask Pull SecurityLabelNested Sysctl Unmask WorkingDir",
    Volume: "PodmanArgs",
    Network: "PodmanArgs",
    Kube: "ExitCodePropagation PodmanArgs",
  },
  "4.7": {
    Container: "DNS DNSOption DNSSearch PidsLimit ShmSize Ulimit",
    Volume: "VolumeName",
    Network: "DNS NetworkName",
    Kube: "AutoUpdate SetWorkingDirectory",
  },
  "4.8": {
    Container: "ContainersConfModule GIDMap GlobalArgs ReadOnlyTmpfs SubGIDMap SubUIDMap UIDMap",
    Volume: "ContainersConfModule Driver GlobalArgs Image",
    Network: "ContainersConfModule GlobalArgs",
    Kube: "ContainersConfModule GlobalArgs KubeDownForce",
    Image: `
      AllTags Arch AuthFile CertDir ContainersConfModule Creds DecryptionKey GlobalArgs Image ImageTag
      OS PodmanArgs TLSVerify Variant
    `,
  },
  "5.0": {
    Container: "Entrypoint Pod StopTimeout",
    Pod: "ContainersConfModule GlobalArgs Network PodName PodmanArgs PublishPort Volume",
  },
  "5.1": {
    Container: "GroupAdd",
  },
  "5.2": {
    Container: "LogOpt NetworkAlias StopSignal",
    Kube: "LogOpt",
    Build: `
      Annotation Arch AuthFile ContainersConfModule DNS DNSOption DNSSearch Environment File ForceRM
      GlobalArgs GroupAdd ImageTag Label Network PodmanArgs Pull Secret SetWorkingDirectory TLSVerify
      Target Variant Volume
    `,
    Pod: "NetworkAlias",
  },
  "5.3": {
    Container: `
      AddHost CgroupsMode HealthLogDestination HealthMaxLogCount HealthMaxLogSize ServiceName
      StartWithPod
    `,
    Volume: "ServiceName",
    Network: "ServiceName",
    Kube: "ServiceName",
    Image: "ServiceName",
    Build: "ServiceName",
    Pod: `
      AddHost DNS DNSOption DNSSearch GIDMap IP IP6 RemapGid RemapUid RemapUidSize RemapUsers
      ServiceName SubGIDMap SubUIDMap UIDMap UserNS
    `,
    Quadlet: "DefaultDependencies",
  },
  "5.4": {
    Pod: "ShmSize",
  },
  "5.5": {
    Container: "Memory ReloadCmd ReloadSignal Retry RetryDelay",
    Network: "NetworkDeleteOnStop",
    Image: "Retry RetryDelay",
    Build: "Retry RetryDelay",
    Pod: "HostName",
  },
  "5.6": {
    Network: "InterfaceName",
    Image: "Policy",
    Pod: "ExitPolicy Label",
  },
  "5.7": {
    Container: "HttpProxy",
    Build: "BuildArg IgnoreFile",
    Pod: "StopTimeout",
    Artifact: `
      Artifact AuthFile CertDir ContainersConfModule Creds DecryptionKey GlobalArgs PodmanArgs Quiet
      Retry RetryDelay ServiceName TLSVerify
    `,
  },
  "5.8": {
    Container: "AppArmor",
  },
  "6.0": {
    Volume: "GID UID",
  },
  "6.1": {
    Container: "ImageVolume",
  },
  "6.2": {
    Container: "Umask",
  },
};
