/** Fields of one log line. Never Secret content: the writer redacts, but callers do not hand it over in the first place. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the product needs of a logger. Messages are constant; what varies goes into fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
