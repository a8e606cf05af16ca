// Build, development server and tests. The preview headers repeat the server's Content-Security-Policy (POLICY in
// crates/base/wire/src/headers.rs), so that what it refuses is refused in `vite preview`: change both.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env.HOLDFAST_API ?? "https://localhost:8443";

const csp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Writes a .br and a .gz beside every text file: compressed once here, at the best quality, and never by the server. */
function pack(): Plugin {
  let out = "dist";
  return {
    name: "pack",
    apply: "build",
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue;
        const content = readFileSync(join(out, name));
        if (content.length < 512) continue;
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
        writeFileSync(join(out, `${name}.br`), brotliCompressSync(content, quality));
        writeFileSync(join(out, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** Names the build in the page, by the names of its files, which carry their contents' hashes: crash reports say it. */
function nameBuild(): Plugin {
  return {
    name: "name-build",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const files = Object.keys(bundle ?? {}).sort();
        const content = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
        return { html, tags: [{ tag: "meta", attrs: { name: "build", content }, injectTo: "head" }] };
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), nameBuild(), pack()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    // The server takes requests of its own origin only; its own certificate is not one that Node knows.
    proxy: { "/api": { target: api, ws: true, changeOrigin: true, secure: false, headers: { origin: api } } },
  },
  preview: { headers: { "Content-Security-Policy": csp } },
  build: {
    // light-dark() and nesting stay as written for these browsers.
    target: ["chrome123", "firefox121", "safari17.5"],
    modulePreload: { polyfill: false },
    // Inlined assets would be data: URLs, which the policy refuses for fonts.
    assetsInlineLimit: 0,
    // What several pages share and is small comes in one file: each of its own would be a request of the first page.
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "small", test: /lucide-react\/dist\/esm\/icons\//, minShareCount: 2 },
            {
              name: "shared",
              test: /src\/(lib|api|platform|ui\/(?!Menu|Dialog|Table|Command))|node_modules\/@tanstack\//,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
