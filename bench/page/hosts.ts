import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { CertificateStatus, Condition, DockerHostStatus, UpdateItemStatus } from "../../src/api/status.ts";
import { condition, dockerHost } from "../../test/support/docker-host.ts";

export interface PageShape {
  readonly hosts: number;
  readonly containers: number;
}

const DAY_MS = 24 * 3_600_000;
const IMAGES = 40;

/** A fleet as it may be: a tenth of the hosts is down, and a fifth of the others has outdated containers. */
export function pageHosts({ hosts, containers }: PageShape, now: number): readonly DockerHostObject[] {
  return [...Array(hosts).keys()].map((index) => {
    const name = `edge-${index.toString().padStart(4, "0")}`;
    const host = dockerHost({
      spec: { host: `tcp://${name}.example.com:2376` },
      status: status(index, containers, now),
    });
    return { ...host, metadata: { ...host.metadata, name, namespace: `site-${index % 20}` } };
  });
}

function status(index: number, total: number, now: number): DockerHostStatus {
  const isDown = index % 10 === 0;
  const outdated = isDown || index % 5 !== 1 ? 0 : 3;
  const certificates = {
    server: certificate(`CN=edge-${index}`, index, now),
    client: certificate("CN=dockerhost-operator", 0, now),
    ca: certificate("CN=Fleet CA", 1, now),
  };
  return {
    observedGeneration: 1,
    endpoint: `https://edge-${index}.example.com:2376`,
    tlsMode: "Mutual",
    engine: {
      name: "Docker",
      version: "29.0.0",
      apiVersion: "1.52",
      hostname: `edge-${index}`,
      os: "linux",
      arch: "amd64",
    },
    certificates: { nextExpiry: certificates.server.notAfter, ...certificates },
    conditions: conditions(index, isDown, outdated),
    updates: {
      total,
      outdated,
      upToDate: total - outdated,
      lastCheckTime: new Date(now - index * 1_000).toISOString(),
      items: [...Array(total).keys()].map((container) => item(container, container < outdated)),
    },
  };
}

function certificate(subject: string, index: number, now: number): CertificateStatus {
  return {
    subject,
    issuer: "CN=Fleet CA",
    notBefore: new Date(now - 100 * DAY_MS).toISOString(),
    notAfter: new Date(now + (10 + (index % 300)) * DAY_MS).toISOString(),
    fingerprint: index.toString(16).padStart(64, "0"),
  };
}

function conditions(index: number, isDown: boolean, outdated: number): Condition[] {
  const endpoint = `https://edge-${index}.example.com:2376`;
  const message = isDown
    ? `Connecting to ${endpoint} failed: the connection was refused. Start Docker on the host, or correct the port.`
    : "Connected to Docker 29.0.0 (API 1.52) over mutual TLS";
  const connected = isDown ? "False" : "True";
  return [
    condition("Ready", connected, isDown ? "ConnectionRefused" : "Succeeded", { message }),
    condition("CredentialsValid", "True", "CredentialsLoaded", { message: "The credentials are valid" }),
    condition("Connected", connected, isDown ? "ConnectionRefused" : "ConnectionEstablished", { message }),
    condition("CertificateExpiring", "False", "CertificatesCurrent"),
    condition("UpdateCheckSucceeded", isDown ? "Unknown" : "True", isDown ? "NotAttempted" : "CheckSucceeded"),
    condition("UpdatesAvailable", outdated > 0 ? "True" : "False", outdated > 0 ? "UpdatesFound" : "NoUpdates"),
  ];
}

function item(container: number, isOutdated: boolean): UpdateItemStatus {
  const digest = (seed: number) => `sha256:${seed.toString(16).padStart(64, "0")}`;
  const image = `registry.example.com/team-${container % 8}/service-${container % IMAGES}:1.${container % 7}`;
  return {
    container: `service-${container}`,
    image,
    verdict: isOutdated ? "Outdated" : "UpToDate",
    running: digest(container % IMAGES),
    available: digest((container % IMAGES) + (isOutdated ? 1_000 : 0)),
    ...(isOutdated && {
      message: `The registry has another image for ${image}; pull it and create the container again`,
    }),
  };
}
