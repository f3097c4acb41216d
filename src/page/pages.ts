import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { inSlices } from "../common/in-slices.ts";
import { CERTIFICATE_STATES, certificateBars, timeAxis } from "../views/certificate-timeline.ts";
import { fleetOverview, HOST_STATES } from "../views/fleet-overview.ts";
import { imagesInUse } from "../views/images-in-use.ts";
import { certificatesPage } from "./certificates-page.ts";
import { fleetPage } from "./fleet-page.ts";
import { hostPage } from "./host-page.ts";
import { type Html, html } from "./html.ts";
import { imagePage, imagesPage } from "./images-page.ts";
import { layout } from "./layout.ts";
import { readListQuery } from "./list-query.ts";
import { missingParts } from "./parts.ts";
import { updatesPage } from "./updates-page.ts";

/** The hosts that pages show. */
export interface HostSource {
  get(key: string): DockerHostObject | undefined;
  list(): readonly DockerHostObject[];
}

/** The ContainerUpdates that pages show. Without a cluster there are none. */
export interface UpdateSource {
  list(): readonly ContainerUpdateObject[];
}

export interface Shown {
  readonly hosts: HostSource;
  readonly updates?: UpdateSource | undefined;
  readonly gaps: PageGaps;
}

/** Why some of the hosts or ContainerUpdates cannot be shown, in sentences for readers. */
export interface PageGaps {
  readonly hosts: readonly string[];
  readonly updates: readonly string[];
}

export const NO_GAPS: PageGaps = { hosts: [], updates: [] };

export interface Rendered {
  readonly status: number;
  readonly text: string;
}

/** Longer than any name of an image in a status. */
const MAX_IMAGE = 1_024;

/** The pages that show a part of a list, and the states to choose from. */
const LISTS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["/", HOST_STATES.map(({ id }) => id)],
  ["/certificates", CERTIFICATE_STATES.map(({ id }) => id)],
  ["/images", []],
  ["/updates", []],
]);

/** What a URL shows, so that equal pages have equal names: other parameters have no effect. */
export function pageName(url: URL): string {
  const pathname = pathOf(url);
  const states = LISTS.get(pathname);
  if (states === undefined) return pathname;
  const image = pathname === "/images" ? readImage(url.searchParams) : "";
  const { search, state, page } = readListQuery(url.searchParams, states);
  return `${pathname} ${JSON.stringify([image === "" ? search : "", state, pathname === "/" ? 1 : page, image])}`;
}

/** Without the slash that people or proxies add at the end. */
function pathOf({ pathname }: URL): string {
  return pathname.length > 1 && pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
}

/** The image to show; empty for all of them. */
function readImage(parameters: URLSearchParams): string {
  return (parameters.get("image") ?? "").slice(0, MAX_IMAGE).toWellFormed();
}

/** Renders the page of a URL. */
export async function renderPage(
  url: URL,
  { hosts, updates: known, gaps }: Shown,
  now: number,
  version: string,
): Promise<Rendered> {
  const updates = known?.list() ?? [];
  const hasUpdates = updates.length + gaps.updates.length > 0;
  const page = (title: string, current: string, content: Html, { status = 200, missing = gaps.hosts } = {}) => ({
    status,
    text: layout({ title, current, content: html`${missingParts(missing)}${content}`, version, hasUpdates }),
  });
  const notFound = (what: string, path: string, link: string) =>
    page("Not found", "", html`<h1>Not found</h1><p class="lead">${what}</p><p><a href="${path}">${link}</a></p>`, {
      status: 404,
    });
  const allGaps = [...gaps.hosts, ...gaps.updates];
  const { searchParams } = url;
  const pathname = pathOf(url);
  const query = readListQuery(searchParams, LISTS.get(pathname) ?? []);
  if (pathname === "/")
    return page(
      "Fleet",
      "/",
      await inSlices(fleetPage(fleetOverview(hosts.list(), query, now), query, now, gaps.hosts.length === 0)),
    );
  if (pathname === "/certificates") {
    const bars = certificateBars(hosts.list());
    return page("Certificates", "/certificates", await inSlices(certificatesPage(bars, timeAxis(bars, now), query)));
  }
  if (pathname === "/images") {
    const all = hosts.list();
    const isComplete = !all.some(({ status }) => status?.updates?.truncated === true);
    const images = await inSlices(imagesInUse(all));
    const name = readImage(searchParams);
    if (name === "") return page("Images", "/images", imagesPage(images, isComplete, query));
    const image = images.find((each) => each.image === name);
    if (image !== undefined) return page(name, "/images", imagePage(image, isComplete, query));
    return notFound(
      `No host runs the image ${name}, or none has been checked since it does.`,
      "/images",
      "Show all images",
    );
  }
  if (pathname === "/updates")
    return page("Updates", "/updates", updatesPage(updates, query, now, gaps.updates.length === 0), {
      missing: allGaps,
    });
  const key = hostKey(pathname);
  const host = key === undefined ? undefined : hosts.get(key);
  if (key !== undefined && host !== undefined) return page(key, "", hostPage(host, updates, now), { missing: allGaps });
  const what = key === undefined ? "There is no such page." : `There is no host ${key}; it may have been deleted.`;
  return notFound(what, "/", "Show the fleet");
}

/** The key of a path `/hosts/NAMESPACE/NAME`. */
function hostKey(pathname: string): string | undefined {
  const [, namespace, name] = /^\/hosts\/([a-z0-9.-]{1,253})\/([a-z0-9.-]{1,253})$/.exec(pathname) ?? [];
  return namespace === undefined || name === undefined ? undefined : `${namespace}/${name}`;
}
