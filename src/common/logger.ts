/** The fields of a log line. Never pass the content of Secrets, even though the writer redacts it. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The interface of a logger. Messages are constant; what varies goes into fields. */
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
