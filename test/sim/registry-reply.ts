import { jsonReply, type Reply } from "./exchange.ts";

export const API_HEADER = { "Docker-Distribution-Api-Version": "registry/2.0" };

/** JSON as docker-registry sends it. */
export function registryReply(route: string, status: number, value: unknown): Reply {
  return jsonReply(route, status, value, { ...API_HEADER, "Content-Type": "application/json; charset=utf-8" });
}

/** The errors of the distribution API; a detail of undefined is left out. */
export function registryError(route: string, status: number, code: string, message: string, detail?: unknown): Reply {
  return registryReply(route, status, { errors: [{ code, message, detail }] });
}
