import { SshFailure } from "./ssh-failure.ts";

/**
 * In bytes: greeting, key exchange, banners and everything else until sshd has accepted the key. This usually takes 3
 * kB.
 */
const BEFORE_LOGIN_BYTES = 128 * 1024;
const BEFORE_LOGIN_PACKETS = 200;
/** For everything after that, with what each channel needs: it includes a keepalive per second for an hour. */
const CONTROL_PACKETS = 4_000;
const CONTROL_PACKETS_OF_CHANNEL = 16;
/** In bytes: what may come in addition to the content of channels. The same amount as that content is also allowed. */
const CONTROL_BYTES = 1024 * 1024;
const CONTROL_BYTES_OF_CHANNEL = 8 * 1024;
/**
 * In bytes; sshd sends none of more than a few kB. The error output of a command does not count as a control packet.
 */
const LARGEST_CONTROL_PACKET = 24 * 1024;
/** sshd exchanges keys again after each gigabyte, or as often as it is configured to. */
const KEY_EXCHANGES = 16;
/** sshd sends one list of its host keys; each key in it is parsed. */
const HOST_KEY_LISTS = 2;
/** In bytes: what ssh2 lets the other side send on a channel before it has been read. */
const WINDOW_BYTES = 2 * 1024 * 1024;

/**
 * Limits how much an SSH server may send, and distinguishes the content of channels from the rest. It learns about each
 * packet from the lines that ssh2 reports for debugging, and about the bytes from the socket.
 */
export class TrafficBudget {
  #bytes = 0;
  #bytesSincePacket = 0;
  #content = 0;
  #granted = 0;
  #packets = 0;
  #channels = 0;
  #keyExchanges = 0;
  #hostKeyLists = 0;
  #loggedIn = false;

  /** Called before that many bytes are parsed; returns why they must not be. */
  receive(bytes: number): SshFailure | undefined {
    this.#bytes += bytes;
    this.#bytesSincePacket += bytes;
    if (this.#loggedIn) {
      const control = this.#bytes - this.#content;
      const allowed = CONTROL_BYTES + this.#channels * CONTROL_BYTES_OF_CHANNEL + this.#content;
      return control > allowed ? tooMuch("bytes that are not content") : undefined;
    }
    return this.#bytes > BEFORE_LOGIN_BYTES ? tooMuch("bytes before the login") : undefined;
  }

  /**
   * Takes a line that ssh2 reports. It throws in the middle of ssh2's parser, which stops the parser: the packets that
   * follow in the same buffer are not processed.
   */
  report(line: string): void {
    if (!line.startsWith("Inbound: ")) {
      this.#grant(line);
      return;
    }
    const size = this.#bytesSincePacket;
    this.#bytesSincePacket = 0;
    const content = /^Inbound: CHANNEL_DATA \(r:[0-9]+, ([1-9][0-9]*)\)$/.exec(line)?.[1];
    if (content !== undefined) this.#takeContent(Number(content));
    else this.#takeControl(line, size);
  }

  #grant(line: string): void {
    if (line.startsWith("Outbound: Sending CHANNEL_OPEN ")) {
      this.#channels++;
      this.#granted += WINDOW_BYTES;
    }
    const more = /^Outbound: Sending CHANNEL_WINDOW_ADJUST \(r:[0-9]+, ([0-9]+)\)$/.exec(line)?.[1];
    if (more !== undefined) this.#granted += Number(more);
  }

  #takeContent(bytes: number): void {
    this.#content += bytes;
    if (this.#content > this.#granted) throw tooMuch("content, against the windows of its channels");
  }

  #takeControl(line: string, size: number): void {
    this.#packets++;
    const allowed = this.#loggedIn
      ? CONTROL_PACKETS + this.#channels * CONTROL_PACKETS_OF_CHANNEL
      : BEFORE_LOGIN_PACKETS;
    if (this.#packets > allowed)
      throw tooMuch(this.#loggedIn ? "packets that are not content" : "packets before the login");
    if (size > LARGEST_CONTROL_PACKET && !line.startsWith("Inbound: CHANNEL_EXTENDED_DATA ")) {
      throw tooMuch("bytes in one packet");
    }
    if (line === "Inbound: Handshake in progress" && ++this.#keyExchanges > KEY_EXCHANGES)
      throw tooMuch("key exchanges");
    if (line.startsWith("Inbound: GLOBAL_REQUEST (hostkeys") && ++this.#hostKeyLists > HOST_KEY_LISTS) {
      throw tooMuch("lists of its host keys");
    }
    if (line === "Inbound: Received USERAUTH_SUCCESS" && !this.#loggedIn) {
      this.#loggedIn = true;
      this.#packets = 0;
    }
  }
}

function tooMuch(what: string): SshFailure {
  return new SshFailure({ kind: "protocolAbused", why: `the host sent too many ${what}` });
}
