# Copies what `npm run build` wrote; `npm run image` does both. Nothing runs in it, so any builder makes it for any platform, and
# without a network once it has the base image. The base is pinned by its digest, which `npm run release` demands. For a newer one:
# docker buildx imagetools inspect gcr.io/distroless/nodejs24-debian13:nonroot
ARG BASE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e
FROM ${BASE}
ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="dockerhost-operator" \
      org.opencontainers.image.description="Watches remote Docker hosts from Kubernetes: verifies connections, reports expiring certificates and outdated images, and updates nothing by itself" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY dist/ /app/
# One arena: glibc keeps freed memory in each. A fixed threshold: glibc would raise it, and keep large buffers that were freed.
# The flags hold V8's garbage down; bench/README.md has what all of these save.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "--disable-sigusr1", "--max-semi-space-size=2", "--heap-growing-percent=40", "/app/dockerhost.mjs"]
CMD ["controller"]
