// naive_reverse_grouper: a record of lists becomes the records that its lists are made of.
// Owner: plugins/groupers. Immutable; the file it may append to is shared by all instances.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "ophost/ophost.hpp"
#include "plugins/textkit/pyvalue.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost {
namespace {

constexpr std::string_view kBatchMeta = "__dj__batch_meta__";

struct Field {
  std::string name;  // as a JSON string
  std::vector<std::string_view> items;
  std::vector<std::string> characters;  // what items of a text point to
};

class NaiveReverseGrouper {
 public:
  static constexpr auto kInfo =
      flat_mapper("naive_reverse_grouper")
          .summary("Takes records of lists apart: the n-th entries of all fields are a record.")
          .params(OPHOST_PARAMS(
              "\"batch_meta_export_path\":{\"type\":[\"string\",\"null\"],\"default\":null,"
              "\"x-fingerprint\":false,\"description\":\"A file to which the "
              "`__dj__batch_meta__` of the records is appended, one JSON text per line, in no "
              "fixed order; a call that is made again appends again. Without it the batch "
              "metadata is dropped.\"}"))
          .reads("$record:json")
          .writes("$record:json")
          .promises(kPure | kConcurrent)
          .cost("cheap")
          .example("naive_reverse_grouper:\n");

  NaiveReverseGrouper(const Params& params, Host) {
    if (params.is_null("batch_meta_export_path")) return;
    path_ = params.get_string("batch_meta_export_path");
    if (path_.empty()) {
      throw ConfigError("parameter 'batch_meta_export_path': expected a file name, got \"\"");
    }
  }

  void map(const Row& in, Emit& emit) const {
    std::vector<Field> fields;
    std::string meta;
    const auto take = [&](const std::string& name, std::string_view value) {
      if (name == kBatchMeta) {
        if (!path_.empty()) meta = textkit::py_json(textkit::PyValue::parse(value)) + "\n";
      } else {
        fields.push_back(field(name, value));
      }
    };
    try {
      json::for_each_member(in.json(0), take);
    } catch (const ConfigError& e) {  // nested too deeply: costs this record only
      throw RecordError(e.what());
    }
    if (fields.empty()) throw RecordError("the record has no field that could be taken apart");
    const std::size_t count = fields[0].items.size();
    for (const Field& f : fields) {
      if (f.items.size() >= count) continue;
      throw RecordError("the field " + f.name + " has " + std::to_string(f.items.size()) +
                        " entries, but " + fields[0].name + ", the first, has " +
                        std::to_string(count));
    }
    std::string record;
    for (std::size_t i = 0; i < count; ++i) {
      record = "{";
      for (const Field& f : fields) {
        if (record.size() > 1) record += ", ";
        record += f.name;
        record += ": ";
        record += f.items[i];
      }
      record += '}';
      emit(record);
    }
    if (!meta.empty()) append(meta);
  }

 private:
  static Field field(const std::string& name, std::string_view value) {
    Field f{json::encode_string(name), {}, {}};
    if (value[0] == '[') {
      json::for_each_element(value, [&](std::string_view item) { f.items.push_back(item); });
    } else if (value[0] == '"') {  // to Python a text is a list of characters
      const std::string text = json::decode_string(value);
      for (std::size_t at = 0; at < text.size(); at += textkit::char_bytes(text[at])) {
        f.characters.push_back(
            json::encode_string(std::string_view(text).substr(at, textkit::char_bytes(text[at]))));
      }
      f.items.assign(f.characters.begin(), f.characters.end());
    } else {
      throw RecordError("the field " + f.name + " is not a list: there is nothing to take apart");
    }
    return f;
  }

  // One write at the end of the file per record, so that lines of several workers do not mix.
  void append(const std::string& line) const {
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    std::error_code ignored;  // open() tells what is wrong
    if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const bool written =
        file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    const int error = errno;
    if (file >= 0) ::close(file);
    if (!written) {
      throw CallError(OPH_E_IO, "parameter 'batch_meta_export_path': cannot append to " + path_ +
                                    ": " + std::strerror(error));
    }
  }

  std::string path_;
};

}  // namespace

OPHOST_OPERATOR(naive_reverse_grouper, NaiveReverseGrouper);

}  // namespace ophost
