import * as z from "zod";
import { duration, objectName, text, type Validation, withValidations } from "./schema.ts";

const sha256 = (describe: string) =>
  text({
    max: 71,
    pattern: "^sha256:[0-9a-f]{64}$",
    message: "must be 'sha256:' and 64 hexadecimal digits",
    describe,
  });

const hostRef = z
  .object({ name: objectName("Name of the DockerHost, in the namespace of the ContainerUpdate.") })
  .describe("The DockerHost on which the container runs. Its spec.allowUpdates must be true.");

const health = z
  .object({
    timeout: duration({
      min: "1s",
      max: "2h",
      describe: "How long a new container with a health check may take to become healthy.",
    }).default("5m"),
    stableFor: duration({
      min: "0s",
      max: "1h",
      describe: "How long a new container without a health check must run without a restart.",
    }).default("30s"),
  })
  .prefault({})
  .describe("What the new container has to prove before the old one is removed.");

const fields = z.object({
  hostRef,
  container: text({
    max: 255,
    pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$",
    message: "must be the name of a container: letters, digits, '_', '.' and '-', without a slash in front",
    describe: "Name of the container to replace.",
  }),
  image: text({
    max: 512,
    pattern: "^[^\\s]+$",
    message: "must be the name of an image, such as 'registry.example.com/shop/web:1.27', without white space",
    describe:
      "Name of the image from which the new container is created. Another tag than the current one changes the version.",
  }),
  digest: sha256("Digest of the image in its registry. The new container runs exactly this image."),
  replaces: sha256(
    "ID of the image that the container runs now. If it runs another one by then, nothing is changed, and the update is Superseded.",
  ).optional(),
  health,
  onFailure: z
    .enum(["RollBack", "Keep"])
    .default("RollBack")
    .describe(
      "What happens if the new container fails. RollBack: the old one is put back as it was. Keep: the new one stays for a look, and the old one stays stopped under another name.",
    ),
  removeOldImage: z
    .boolean()
    .default(false)
    .describe("Whether to remove the old image after success, unless something else uses it."),
  hooks: z
    .enum(["Disabled", "Labels"])
    .default("Disabled")
    .describe(
      "Labels: the lifecycle commands in the container's labels are run inside the container, before and after the update.",
    ),
  ttlAfterFinished: duration({
    min: "0s",
    max: "8760h",
    describe: "How long a finished update is kept. After that, the controller deletes it.",
  }).default("720h"),
  cancel: z
    .boolean()
    .default(false)
    .describe(
      "Set it to true to cancel the update. The old container stays or is put back, unless the new one has already proved itself.",
    ),
});

type Fields = z.output<typeof fields>;

/** Only the API server knows the old spec, so these rules cannot fail in a parse. */
function immutable(field: keyof Fields): Validation<Fields> {
  const isOptional = field === "replaces";
  const same = `self.${field} == oldSelf.${field}`;
  return {
    cel: isOptional
      ? `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || !has(oldSelf.${field}) || ${same})`
      : same,
    message: `\`${field}\` must not be changed; create another ContainerUpdate`,
    check: () => true,
  };
}

const IMMUTABLE = [
  "hostRef",
  "container",
  "image",
  "digest",
  "replaces",
  "health",
  "onFailure",
  "removeOldImage",
  "hooks",
  "ttlAfterFinished",
] as const satisfies readonly (keyof Fields)[];

/** The wire form of `spec`. All but `cancel` is immutable, because a user who creates the object approves exactly this update. */
export const ContainerUpdateSpecSchema = withValidations(fields, ...IMMUTABLE.map(immutable), {
  cel: "!oldSelf.cancel || self.cancel",
  message: "`cancel` must not be set back to false; create another ContainerUpdate",
  check: () => true,
});

export type ContainerUpdateSpec = z.output<typeof ContainerUpdateSpecSchema>;
