import { z } from "zod";
import { waitUntil } from "../env/processes/wait-until.ts";
import type { Devtools, DevtoolsEvent } from "./devtools.ts";
import { KEYS, type Key } from "./keys.ts";

export interface TabOptions {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** Device pixels for each pixel of CSS. */
  readonly scale?: number;
  readonly isPhone?: boolean;
  readonly javascript?: boolean;
  /** What the reader enters when the browser asks for a name and a password. The reader also accepts unknown certificates. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** Generous, because it only ends what hangs. */
const WAIT_MS = 60_000;

const evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z
    .object({ text: z.string(), exception: z.object({ description: z.string().optional() }).optional() })
    .optional(),
});
const logged = z.object({ entry: z.object({ source: z.string(), level: z.string(), text: z.string() }) });
const thrown = z.object({ exceptionDetails: z.object({ text: z.string() }) });
const paused = z.object({ requestId: z.string() });
const issue = z.object({ issue: z.object({ code: z.string(), details: z.unknown() }) });

/** A tab of a browser, in which a test acts as a user does. */
export class Tab {
  readonly #devtools: Devtools;
  readonly #sessionId: string;
  /** What a console of the browser would show: blocked content, errors of scripts, failed requests, dialogs. */
  readonly problems: string[] = [];
  /** The URL of each request. */
  readonly requests: string[] = [];
  /** How often the browser asked for a name and a password. */
  logins = 0;
  #login: TabOptions["login"];

  constructor(devtools: Devtools, sessionId: string) {
    this.#devtools = devtools;
    this.#sessionId = sessionId;
    devtools.listen((event) => {
      if (event.sessionId === sessionId) this.#note(event);
    });
  }

  async prepare(options: TabOptions): Promise<void> {
    for (const domain of ["Page", "Runtime", "Log", "Network", "Audits"]) await this.#send(`${domain}.enable`);
    await this.#send("Emulation.setFocusEmulationEnabled", { enabled: true });
    this.#login = options.login;
    if (options.login !== undefined) {
      await this.#send("Security.setIgnoreCertificateErrors", { ignore: true });
      await this.#send("Fetch.enable", { handleAuthRequests: true });
    }
    await this.emulate(options);
  }

  async emulate({ scheme = "light", width = 1_280, height = 800, scale = 1, ...rest }: TabOptions): Promise<void> {
    const { isPhone = false, javascript = true } = rest;
    const metrics = { width, height, deviceScaleFactor: scale, mobile: isPhone };
    await this.#send("Emulation.setDeviceMetricsOverride", metrics);
    await this.#send("Emulation.setTouchEmulationEnabled", { enabled: isPhone });
    await this.#send("Emulation.setScriptExecutionDisabled", { value: !javascript });
    const features = [
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ];
    await this.#send("Emulation.setEmulatedMedia", { features });
  }

  /** Opens a URL, and waits until everything of it is loaded. */
  async goto(url: string): Promise<void> {
    await this.#send("Page.navigate", { url });
    await this.until(`location.href === ${JSON.stringify(new URL(url).href)} && document.readyState === "complete"`);
  }

  /** The value of an expression of JavaScript in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const parameters = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = evaluated.parse(await this.#send("Runtime.evaluate", parameters));
    if (exceptionDetails === undefined) return result.value;
    throw new Error(`${exceptionDetails.text} ${exceptionDetails.exception?.description ?? ""} in ${expression}`);
  }

  /** Waits until an expression is true. A page that is being replaced by another one has no value. */
  async until(expression: string): Promise<void> {
    await waitUntil(expression, WAIT_MS, async () => {
      return await this.evaluate(expression).then((value) => value === true, isBetweenPages);
    });
  }

  /** The text that a reader sees in the first element that a selector matches. */
  async text(selector = "body"): Promise<string> {
    return z.string().parse(await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`));
  }

  async click(selector: string): Promise<void> {
    const place = `(() => { const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center" }); const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 }; })()`;
    const point = z.object({ x: z.number(), y: z.number() }).parse(await this.evaluate(place));
    for (const type of ["mousePressed", "mouseReleased"])
      await this.#send("Input.dispatchMouseEvent", { type, ...point, button: "left", clickCount: 1 });
  }

  async press(key: Key, options: { readonly shift?: boolean } = {}): Promise<void> {
    const { text, ...rest } = KEYS[key];
    const event = { ...rest, key, code: key, modifiers: options.shift === true ? 8 : 0 };
    await this.#send("Input.dispatchKeyEvent", { ...event, type: "keyDown", ...(text !== undefined && { text }) });
    await this.#send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
  }

  /** Types text into what has the focus. */
  async type(text: string): Promise<void> {
    await this.#send("Input.insertText", { text });
  }

  /** The whole page, as WebP or PNG. */
  async screenshot(format: "webp" | "png", quality?: number, isWhole = true): Promise<Buffer> {
    const parameters = { format, captureBeyondViewport: isWhole, ...(quality !== undefined && { quality }) };
    const { data } = z.object({ data: z.string() }).parse(await this.#send("Page.captureScreenshot", parameters));
    return Buffer.from(data, "base64");
  }

  #send(method: string, params?: object): Promise<unknown> {
    return this.#devtools.send(method, params, this.#sessionId);
  }

  #note({ method, params }: DevtoolsEvent): void {
    if (method === "Log.entryAdded") {
      const { source, level, text } = logged.parse(params).entry;
      if (level === "error" || level === "warning") this.problems.push(`${source}: ${text}`);
    }
    if (method === "Runtime.exceptionThrown")
      this.problems.push(`exception: ${thrown.parse(params).exceptionDetails.text}`);
    if (method === "Audits.issueAdded") {
      const { code, details } = issue.parse(params).issue;
      this.problems.push(`${code}: ${JSON.stringify(details).slice(0, 500)}`);
    }
    if (method === "Page.javascriptDialogOpening") {
      this.problems.push("a script opened a dialog");
      this.#send("Page.handleJavaScriptDialog", { accept: true }).catch(() => {});
    }
    if (method === "Fetch.requestPaused") this.#send("Fetch.continueRequest", paused.parse(params)).catch(() => {});
    if (method === "Fetch.authRequired") {
      this.logins++;
      const authChallengeResponse = { response: "ProvideCredentials", ...this.#login };
      this.#send("Fetch.continueWithAuth", { ...paused.parse(params), authChallengeResponse }).catch(() => {});
    }
    if (method === "Network.requestWillBeSent")
      this.requests.push(z.object({ request: z.object({ url: z.string() }) }).parse(params).request.url);
  }
}

function isBetweenPages(error: Error): false {
  if (/context|navigat/i.test(error.message)) return false;
  throw error;
}
