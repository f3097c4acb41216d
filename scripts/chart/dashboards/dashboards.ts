import { controller } from "./controller.ts";
import type { Dashboard } from "./dashboard.ts";
import { fleet } from "./fleet.ts";
import { host } from "./host.ts";

/** The dashboards of the chart for Grafana. */
export const DASHBOARDS: readonly Dashboard[] = [fleet, host, controller];
