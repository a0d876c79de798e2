#include "host/run/compose.hpp"

#include "host/base/json.hpp"
#include "host/run/record_writer.hpp"
#include "host/run/state_reader.hpp"

namespace ophost {

Status for_each_record(Store& store, const std::string& manifest,
                       const std::function<Status(std::string_view)>& each) {
  OPH_ASSIGN(Json doc, parse_json(manifest, "the manifest"));
  const JsonValue* place = get_member(doc, "partition");
  const JsonValue* list = get_member(doc, "layers");
  const JsonValue* names = get_member(doc, "text_keys");
  if (!place || !place->IsObject() || !list || !list->IsArray() || !names || !names->IsArray())
    return Status::usage("a blob of kind '" + get_string(doc, "kind", "?") +
                         "' holds no records; ophost-dump ls shows the checkpoints");
  InputFile file;
  file.path = get_string(*place, "file");
  std::string compression = get_string(*place, "compression");
  file.compression = compression == "gzip"   ? Compression::kGzip
                     : compression == "zstd" ? Compression::kZstd
                                             : Compression::kNone;
  file.weight = get_double(*place, "weight", 1.0);
  file.max_records = static_cast<std::uint64_t>(get_int(*place, "max_records"));
  InputPartition input;
  input.begin = static_cast<std::uint64_t>(get_int(*place, "begin"));
  input.end = static_cast<std::uint64_t>(get_int(*place, "end"));
  input.first_line = static_cast<std::uint64_t>(get_int(*place, "first_line", 1));
  input.first_record = static_cast<std::uint64_t>(get_int(*place, "first_record"));
  input.content = Hash128::from_hex(get_string(*place, "content")).value_or(Hash128());
  std::vector<Layer> layers;
  for (const auto& l : list->GetArray()) {
    auto blob = Hash128::from_hex(get_string(l, "blob"));
    if (!blob) return Status::store("the manifest names a layer that is no fingerprint");
    layers.push_back({get_bool(l, "decision"), *blob, static_cast<std::uint32_t>(get_int(l, "label")), get_bool(l, "rows")});
  }
  std::vector<std::string> text_keys;
  for (const auto& n : names->GetArray())
    if (n.IsString()) text_keys.push_back(n.GetString());
  OPH_ASSIGN(auto reader, StateReader::open(&store, file, input, static_cast<std::size_t>(get_int(*place, "index")),
                                            layers, record_columns(), text_keys, get_bool(doc, "text_required", true), nullptr));
  Batch batch;
  RecordWriter writer(true, true);
  std::string lines;
  std::vector<std::size_t> order;
  for (;;) {
    OPH_ASSIGN(bool more, reader->next(batch));
    if (!more) return {};
    order.resize(batch.columns.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    lines.clear();
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (batch.alive.get(r)) writer.write(batch, order, r, lines, nullptr);
    OPH_TRY(each(lines));
  }
}

}  // namespace ophost
