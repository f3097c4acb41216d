import { CHANGE_KINDS, type ChangeKind } from "../../api/changes.ts";
import { failure, success } from "../../common/result.ts";
import { FORMAT_NAMES } from "../../notify/formats/formats.ts";
import { flag } from "./flags.ts";
import { choice, duration, list, textSchema, words } from "./values.ts";

const MAX_NAME = 100;

/** Where messages go, and how they are written. */
export function receiverFlags() {
  return {
    notify: flag(words.optional(), {
      placeholder: "<file>",
      description:
        "file with the URL of a webhook to which changes are reported: hosts that are lost or back, certificates that expire soon, new images, container updates",
      defaultWords: "none",
    }),
    notifyFormat: flag(choice(FORMAT_NAMES).prefault("cloudevents"), {
      placeholder: "<format>",
      description: `what the webhook accepts: ${FORMAT_NAMES.join(", ")}`,
    }),
    notifyKeyFile: flag(words.optional(), {
      placeholder: "<file>",
      description:
        "file with a key, whsec_ followed by 24 to 64 bytes in base64, that signs messages as in Standard Webhooks; cloudevents needs it; while a key is replaced, the file has one per line",
    }),
    notifyCaFile: flag(words.optional(), {
      placeholder: "<file>",
      description: "PEM file with the CA that verifies the webhook",
      defaultWords: "the CAs of the system",
    }),
    notifyName: flag(textSchema(parseName).optional(), {
      placeholder: "<name>",
      description: "name of this installation in messages",
      defaultWords: "the name of the machine",
    }),
  };
}

/** The flags about notifications of a command that runs until it is stopped. */
export function notifyFlags() {
  return {
    ...receiverFlags(),
    notifyChanges: flag(list<ChangeKind>(parseChange).optional(), {
      placeholder: "<changes>",
      isList: true,
      description: `what is reported to the webhook: ${CHANGE_KINDS.join(", ")}; separate them with commas, or repeat the flag`,
      defaultWords: "all of them",
    }),
    notifyWindow: flag(duration("0s", "10m").prefault("10s"), {
      placeholder: "<duration>",
      description: "changes that follow the first within this time are part of the same message",
    }),
  };
}

function parseName(text: string) {
  return text.length <= MAX_NAME && /^[^\p{Cc}\p{Cf}]*\S[^\p{Cc}\p{Cf}]*$/u.test(text)
    ? success(text)
    : failure(`it must have from 1 to ${MAX_NAME} printable characters`);
}

function parseChange(text: string) {
  const found = CHANGE_KINDS.find((each) => each === text);
  return found === undefined
    ? failure(`"${text}" is not a change; use ${CHANGE_KINDS.join(", ")}`)
    : success<ChangeKind>(found);
}
