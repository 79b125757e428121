// Answers filters and PATCHes with two packages of other authors: one JSON case per line in, one answer per line out.
const { parse, filter } = require("scim2-parse-filter");
const { scimPatch, patchBodyValidation } = require("scim-patch");

function answer({ doc, filter: sent, asked, patch }) {
  const text = asked || sent;
  try {
    if (text !== undefined) return { match: filter(parse(text))(doc) };
    patchBodyValidation(patch);
    return { doc: scimPatch(doc, patch.Operations, { mutateDocument: false, treatMissingAsAdd: true }) };
  } catch (e) {
    return { error: String(e.message || e) };
  }
}

const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
process.stdout.write(lines.map((line) => JSON.stringify(answer(JSON.parse(line)))).join("\n") + "\n");
