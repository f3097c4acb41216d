import type { Pki } from "../pki.ts";
import { tlsListener } from "../pki.ts";
import type { Answer, FileContent, Row } from "../row.ts";
import { derOf } from "./encodings.ts";

/** What a CA's file may look like. */
export function caFileRows(pki: Pki): readonly Row[] {
  const { certPem, keyPem } = pki.root;
  const listener = tlsListener(pki.soundServer);
  const row = (
    what: string,
    ca: FileContent,
    docker: Answer,
    product: Row["product"],
    rest: Partial<Row> = {},
  ): Row => ({
    what: `a CA's file ${what}`,
    listener,
    client: { mode: "verify", ca },
    docker,
    product,
    ...rest,
  });
  const good = (what: string, ca: FileContent) => row(what, ca, "connects", "Ready");
  const bad = (what: string, ca: FileContent) => row(what, ca, /seems invalid/, "CACertificateInvalid");
  const broken = certPem.replace(/\n.{10}/, "\nMIIBAAAAAA");
  return [
    good("with CRLF line ends", certPem.replaceAll("\n", "\r\n")),
    good("without a line end at its end", certPem.trimEnd()),
    good("with text around it", `subject=/CN=root\nissuer=/CN=root\n${certPem}\nthe end\n`),
    good("with a private key beside it", keyPem + certPem),
    good("with the same CA twice", certPem + certPem),
    good("with blank lines at its beginning", `\n\n${certPem}`),
    bad("with headers in its block", certPem.replace("-----\n", "-----\nComment: root of the fleet\n\n")),
    good("with a blank line after each of its lines", certPem.replaceAll("\n", "\n\n")),
    good("with blanks at the ends of its lines", certPem.replaceAll("\n", "  \n")),
    good(
      "on one long line",
      certPem.replace(/-----\n([\s\S]+)-----END/, (_, body: string) => `-----\n${body.replaceAll("\n", "")}\n-----END`),
    ),
    bad("that is empty", ""),
    bad("of words", "this is no certificate\n"),
    bad("with a key only", keyPem),
    bad("in DER", derOf(certPem)),
    bad("with CR line ends", certPem.replaceAll("\n", "\r")),
    bad("with a certificate that is cut", certPem.slice(0, 200)),
    bad("with a certificate that is none", broken),
    bad("whose lines are indented", certPem.replaceAll(/^/gm, "  ")),
    bad("with a trusted certificate of OpenSSL", certPem.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE")),
    row("with a byte order mark", `\uFEFF${certPem}`, /seems invalid/, "Ready", {
      difference: "Editors on Windows add it, and it does not change the content.",
    }),
    row("of two that were joined without a line break", certPem.trimEnd() + certPem, /seems invalid/, "Ready", {
      difference:
        "`cat` writes such a file if its first input does not end with a line break. Each certificate is complete.",
    }),
    good("with a broken certificate before the right one", broken + certPem),
    good("with a broken certificate after the right one", certPem + broken),
  ];
}
