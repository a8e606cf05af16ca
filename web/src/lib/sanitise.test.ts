// @vitest-environment jsdom
// Canaries: whatever is typed, nothing that runs, loads or leads back into the application reaches the page.
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./markdown";
import { sanitise } from "./sanitise";

function dom(source: string, raw = false): HTMLElement {
  const box = document.createElement("div");
  box.innerHTML = String(sanitise(raw ? source : renderMarkdown(source)));
  return box;
}

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
  "<svg><script>alert(1)</script></svg>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
  "<script>alert(1)</script>",
  "<iframe src=javascript:alert(1)></iframe>",
  "<a href=javascript:alert(1)>x</a>",
  '<a href="jav&#x09;ascript:alert(1)">x</a>',
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](data:text/html;base64,PHNjcmlwdD4=)",
  "[x](vbscript:msgbox(1))",
  "<javascript:alert(1)>",
  "![x](https://evil.example/pixel.png)",
  "![x](javascript:alert(1))",
  '![x](x"onerror="alert(1))',
  "<form action=https://evil.example><input name=q><button>go</button></form>",
  "<style>*{display:none}</style>",
  '<div style="position:fixed;inset:0" class="fixed inset-0 z-50">x</div>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  "`<img src=x onerror=alert(1)>`",
  "```\n</code></pre><img src=x onerror=alert(1)>\n```",
  '```"><img src=x onerror=alert(1)>\nx\n```',
  "> > > <img src=x onerror=alert(1)>",
  "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
  "<b onmouseover=alert(1)><i><u><a href=//evil.example><img src=x onerror=alert(1)></a></u></i></b>",
];

const TAGS = new Set(
  "A B BLOCKQUOTE BR CODE DEL EM H1 H2 H3 H4 H5 H6 HR I LI OL P PRE S SPAN STRONG TABLE TBODY TD TH THEAD TR UL".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(["href", "class", "start", "rel", "target", "tabindex"]);

describe.each([
  ["as Markdown", false],
  ["as HTML", true],
])("hostile text %s", (_, raw) => {
  it.each(HOSTILE)("%s", (source) => {
    const box = dom(source, raw);
    for (const element of box.querySelectorAll("*")) {
      expect(TAGS).toContain(element.nodeName);
      for (const attribute of element.attributes) expect(ATTRIBUTES).toContain(attribute.name);
      const href = element.getAttribute("href");
      if (href !== null) {
        expect(href).toMatch(/^(https?:|mailto:)/);
        expect(element.getAttribute("rel")).toBe("noopener noreferrer nofollow");
        expect(element.getAttribute("target")).toBe("_blank");
      }
    }
  });
});

describe("Markdown", () => {
  it("shows raw HTML as the text it is", () => {
    expect(dom("<img src=x onerror=alert(1)>").textContent).toContain("<img src=x onerror=alert(1)>");
  });
  it("shows images as links, so that nothing is loaded", () => {
    const box = dom("![plan](https://files.example/plan.png)");
    expect(box.querySelector("img")).toBeNull();
    expect(box.querySelector("a")?.getAttribute("href")).toBe("https://files.example/plan.png");
    expect(box.textContent).toContain("plan");
  });
  it("takes relative addresses away", () => {
    expect(dom("[x](/api/v1/session)").querySelector("a")?.hasAttribute("href")).toBe(false);
  });
  it("keeps no class but the mentions'", () => {
    expect(dom('<span class="mention fixed">x</span>', true).querySelector("span")?.className).toBe("mention");
  });
  it("names people, and nobody that does not exist", () => {
    const html = renderMarkdown("hello @mara and @nobody, mail a@mara.example `@mara`", {
      nameOf: (handle) => (handle === "mara" ? "Mara <b>" : null),
      isMe: () => true,
    });
    expect(html.match(/class="mention/g)?.length).toBe(1);
    expect(html).toContain("@Mara &lt;b&gt;");
    expect(html).toContain("@nobody");
  });
  it("renders lists, code and tables", () => {
    expect(dom("- a\n- b").querySelectorAll("li").length).toBe(2);
    expect(dom("```\nx < y\n```").querySelector("pre code")?.textContent).toContain("x < y");
    expect(dom("|a|\n|-|\n|b|").querySelector("td")?.textContent).toBe("b");
  });
});
