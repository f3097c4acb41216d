/** What an image is made for, in the words of image indexes: `linux`, `arm64`, `v8`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Only for Windows: `10.0.17763.1234`. */
  readonly osVersion?: string;
}
