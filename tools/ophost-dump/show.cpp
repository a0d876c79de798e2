// ophost-dump show and cat. See dump.hpp.
#include <set>

#include "host/base/text.hpp"
#include "host/run/compose.hpp"
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace {

// "text-filters 1.0.0, semantics 1, abi 1.0, digest 12ab34cd"
std::string plugin_of(const JsonValue& step) {
  std::vector<std::string> parts;
  std::string plugin = get_string(step, "plugin"), version = get_string(step, "version");
  if (version.empty()) version = get_string(step, "plugin_version");
  if (!plugin.empty()) parts.push_back(plugin + (version.empty() ? "" : " " + version));
  if (get_member(step, "semantics"))
    parts.push_back("semantics " + std::to_string(get_int(step, "semantics")));
  if (std::string abi = get_string(step, "abi"); !abi.empty()) parts.push_back("abi " + abi);
  if (std::string digest = get_string(step, "digest"); !digest.empty())
    parts.push_back("digest " + digest.substr(0, 12));
  return join(parts, ", ");
}

std::string text_of(const JsonValue* v) {
  return v == nullptr ? "-" : v->IsString() ? v->GetString() : dump_json(*v);
}

// The blobs that this one builds on, nearest first. A damaged or missing one ends the chain.
struct Link {
  Fingerprint fingerprint;
  std::string what;
};
Result<std::vector<Link>> chain(Context& context, const Row& row) {
  std::vector<Link> links;
  std::set<Fingerprint> seen{row.info.fingerprint};
  for (auto base = row.base(); base;) {
    if (!seen.insert(*base).second) {
      links.push_back({*base, "a cycle: damaged"});
      break;
    }
    auto info = context.store->find(*base);
    if (!info.ok()) {
      links.push_back({*base, info.status().message()});
      break;
    }
    if (!*info) {
      links.push_back({*base, "not in this store"});
      break;
    }
    OPH_ASSIGN(Row next, make_row(std::move(**info), {}));
    links.push_back({*base, next.kind() + ", operator " + next.op_label()});
    base = next.base();
  }
  return links;
}

std::string frames_json(const BlobInfo& info) {
  std::vector<std::string> items;
  for (const FrameInfo& f : info.frames) {
    char checksum[17];
    std::snprintf(checksum, sizeof checksum, "%016llx",
                  static_cast<unsigned long long>(f.checksum));
    items.push_back(JsonObject()
                        .add("raw_bytes", f.raw_size)
                        .add("stored_bytes", f.stored_size)
                        .add("checksum", checksum)
                        .add("label", static_cast<std::uint64_t>(f.label))
                        .text());
  }
  return json_array(items);
}

std::string ingredients_text(const Json& manifest) {
  const JsonValue* ingredients = get_member(manifest, "ingredients");
  if (ingredients == nullptr || !ingredients->IsArray()) return "";
  std::string out = "\ningredients\n";
  for (const JsonValue& step : ingredients->GetArray()) {
    if (!step.IsObject()) continue;
    if (get_string(step, "step") != "op") {
      out += "  " + get_string(step, "step", "?") + "  content " +
             text_of(get_member(step, "content")) + "\n";
      continue;
    }
    out += "  " + std::to_string(get_int(step, "index")) + " " + get_string(step, "name", "?") +
           "  (" + plugin_of(step) + ")\n      " + text_of(get_member(step, "params")) + "\n";
    if (const JsonValue* r = get_member(step, "resources"); r && r->IsArray() && !r->Empty())
      out += "      resources " + dump_json(*r) + "\n";
    if (std::string f = get_string(step, "fingerprint"); !f.empty()) out += "      -> " + f + "\n";
  }
  return out;
}

}  // namespace

Status command_show(Context& context) {
  OPH_ASSIGN(Row row, select_one(context, context.options.words[0]));
  OPH_ASSIGN(auto links, chain(context, row));
  const BlobInfo& info = row.info;
  const Json& m = *row.manifest;
  if (context.options.json) {
    std::vector<std::string> bases;
    for (const Link& l : links)
      bases.push_back(
          JsonObject().add("fingerprint", l.fingerprint.hex()).add("what", l.what).text());
    context.print(JsonObject()
                      .add("fingerprint", row.id())
                      .add_raw("jobs", json_string_array(row.jobs))
                      .add("created", iso_time(info.created_ns))
                      .add("raw_bytes", info.raw_bytes)
                      .add("stored_bytes", info.stored_bytes)
                      .add_raw("bases", json_array(bases))
                      .add_raw("frames", frames_json(info))
                      .add_raw("manifest", info.manifest)
                      .text() +
                  "\n");
    return {};
  }
  std::vector<std::vector<std::string>> facts{{"fingerprint", row.id()}, {"kind", row.kind()}};
  facts.push_back({"created", iso_time(info.created_ns)});
  facts.push_back({"jobs", row.jobs.empty() ? "none (gc would erase it)" : join(row.jobs, ", ")});
  if (const JsonValue* op = get_member(m, "op"); op && op->IsObject()) {
    facts.push_back({"operator", row.op_label() + "  (" + plugin_of(*op) + ")"});
    facts.push_back({"parameters", text_of(get_member(*op, "params"))});
  }
  if (const JsonValue* p = get_member(m, "partition"); p && p->IsObject())
    facts.push_back({"partition", std::to_string(get_int(*p, "index")) + "  " +
                                      get_string(*p, "file") + ", bytes " +
                                      std::to_string(get_int(*p, "begin")) + " to " +
                                      std::to_string(get_int(*p, "end")) + ", content " +
                                      get_string(*p, "content")});
  if (get_member(m, "rows"))
    facts.push_back({"rows", text_of(get_member(m, "rows")) + ", alive " +
                                 text_of(get_member(m, "alive")) + ", quarantined " +
                                 text_of(get_member(m, "quarantined"))});
  facts.push_back({"stored", human_bytes(info.raw_bytes) + " in " + human_bytes(info.stored_bytes) +
                                 ", " + std::to_string(info.frames.size()) +
                                 (info.frames.size() == 1 ? " frame, " : " frames, ") +
                                 ratio(info.raw_bytes, info.stored_bytes)});
  for (std::size_t i = 0; i < links.size(); ++i)
    facts.push_back(
        {i == 0 ? "base" : "", links[i].fingerprint.hex() + "  (" + links[i].what + ")"});
  context.print(table(facts, {}));
  context.print(ingredients_text(m));
  if (!info.frames.empty()) {
    std::vector<std::vector<std::string>> cells{{"  frame", "raw", "stored", "label", "checksum"}};
    for (std::size_t i = 0; i < info.frames.size(); ++i) {
      const FrameInfo& f = info.frames[i];
      char checksum[17];
      std::snprintf(checksum, sizeof checksum, "%016llx",
                    static_cast<unsigned long long>(f.checksum));
      cells.push_back({"  " + std::to_string(i), human_bytes(f.raw_size),
                       human_bytes(f.stored_size), std::to_string(f.label), checksum});
    }
    context.print("\nframes\n" + table(cells, {true, true, true, true}));
  }
  context.print("\nmanifest\n" + pretty_json(m) + "\n");
  return {};
}

Status command_cat(Context& context) {
  OPH_ASSIGN(Row row, select_one(context, context.options.words[0]));
  if (!context.options.raw)
    return for_each_record(*context.store, row.info.manifest, [&](std::string_view lines) -> Status {
      context.print(std::string(lines));
      return {};
    });
  OPH_ASSIGN(auto reader, context.store->open_blob(row.info.fingerprint));
  std::string frame;
  for (std::size_t i = 0; i < reader->info().frames.size(); ++i) {
    OPH_TRY(reader->read_frame(i, frame));
    context.print(frame);
  }
  return {};
}

}  // namespace ophost::dump
