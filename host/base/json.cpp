#include "host/base/json.hpp"

#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace ophost {
namespace {

void dump(const JsonValue& v, std::string& out, bool sorted) {
  switch (v.GetType()) {
    case rapidjson::kNullType: out += "null"; return;
    case rapidjson::kTrueType: out += "true"; return;
    case rapidjson::kFalseType: out += "false"; return;
    case rapidjson::kStringType: append_json_string(out, {v.GetString(), v.GetStringLength()}); return;
    case rapidjson::kNumberType:
      if (v.IsInt64()) out += std::to_string(v.GetInt64());
      else if (v.IsUint64()) out += std::to_string(v.GetUint64());
      else append_python_float(out, v.GetDouble());
      return;
    case rapidjson::kArrayType: {
      out += '[';
      bool first = true;
      for (const auto& e : v.GetArray()) {
        if (!first) out += ',';
        first = false;
        dump(e, out, sorted);
      }
      out += ']';
      return;
    }
    case rapidjson::kObjectType: {
      std::vector<const JsonValue::Member*> members;
      for (const auto& m : v.GetObject()) members.push_back(&m);
      if (sorted)
        std::stable_sort(members.begin(), members.end(), [](auto* a, auto* b) {
          return std::string_view(a->name.GetString(), a->name.GetStringLength()) <
                 std::string_view(b->name.GetString(), b->name.GetStringLength());
        });
      out += '{';
      bool first = true;
      for (auto* m : members) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, {m->name.GetString(), m->name.GetStringLength()});
        out += ':';
        dump(m->value, out, sorted);
      }
      out += '}';
      return;
    }
  }
}

// Builds the document; the numbers are converted here, because RapidJSON's own exact conversion makes anything at all of a
// zero with a large exponent ("0e40").
struct Builder {
  Json& doc;

  bool Null() { return doc.Null(); }
  bool Bool(bool b) { return doc.Bool(b); }
  bool Int(int v) { return doc.Int(v); }
  bool Uint(unsigned v) { return doc.Uint(v); }
  bool Int64(std::int64_t v) { return doc.Int64(v); }
  bool Uint64(std::uint64_t v) { return doc.Uint64(v); }
  bool Double(double v) { return doc.Double(v); }
  bool String(const char* p, rapidjson::SizeType n, bool copy) { return doc.String(p, n, copy); }
  bool Key(const char* p, rapidjson::SizeType n, bool copy) { return doc.Key(p, n, copy); }
  bool StartObject() { return doc.StartObject(); }
  bool EndObject(rapidjson::SizeType n) { return doc.EndObject(n); }
  bool StartArray() { return doc.StartArray(); }
  bool EndArray(rapidjson::SizeType n) { return doc.EndArray(n); }

  bool RawNumber(const char* p, rapidjson::SizeType n, bool) {
    const std::string_view text(p, n);
    auto whole = [&](auto& v) {
      auto r = std::from_chars(text.data(), text.data() + text.size(), v);
      return r.ec == std::errc() && r.ptr == text.data() + text.size();
    };
    std::int64_t i = 0;
    std::uint64_t u = 0;
    if (whole(i)) return doc.Int64(i);
    if (whole(u)) return doc.Uint64(u);
    double d = 0;
    // Also "NaN", "Inf" and "Infinity". Out of range is what is nearer to zero than any double, or farther than all.
    if (std::from_chars(text.data(), text.data() + text.size(), d).ec != std::errc()) {
      if (text.find_first_of("eE") != std::string_view::npos ? text.find("e-") == std::string_view::npos && text.find("E-") == std::string_view::npos
                                                            : !text.starts_with("0.") && !text.starts_with("-0."))
        return false;
      d = text.starts_with('-') ? -0.0 : 0.0;
    }
    return doc.Double(d);
  }
};

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& what) {
  Json doc;
  // Iterative: depth is bounded by memory, not by the stack.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNanAndInfFlag |
                              rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream memory(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> in(memory);
  rapidjson::Reader reader;
  rapidjson::ParseResult result;
  auto build = [&](Json& target) {
    Builder builder{target};
    result = reader.Parse<kFlags>(in, builder);
    return !result.IsError();
  };
  doc.Populate(build);
  if (result.IsError()) {
    const bool number = result.Code() == rapidjson::kParseErrorTermination;  // the builder refuses nothing else
    return Status::failed(what + " is not valid JSON: " +
                          (number ? "Number too big to be stored in double." : rapidjson::GetParseError_En(result.Code())) +
                          " At byte " + std::to_string(result.Offset()) + ".");
  }
  return doc;
}

std::string dump_json(const JsonValue& value) {
  std::string out;
  dump(value, out, false);
  return out;
}

std::string canonical_json(const JsonValue& value) {
  std::string out;
  dump(value, out, true);
  return out;
}

std::string pretty_json(const JsonValue& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  value.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

void append_python_float(std::string& out, double v) {
  if (std::isnan(v)) {
    out += "NaN";
    return;
  }
  if (std::isinf(v)) {
    out += v < 0 ? "-Infinity" : "Infinity";
    return;
  }
  // Python's repr: shortest digits; fixed notation for exponents -4..15, else scientific.
  char buffer[40];
  double a = std::fabs(v);
  bool fixed = a == 0 || (a >= 1e-4 && a < 1e16);
  auto r = std::to_chars(buffer, buffer + sizeof buffer, v,
                         fixed ? std::chars_format::fixed : std::chars_format::scientific);
  std::string_view digits(buffer, static_cast<std::size_t>(r.ptr - buffer));
  out += digits;
  if (fixed && digits.find('.') == std::string_view::npos) out += ".0";
}

const JsonValue* get_member(const JsonValue& object, const char* key) {
  if (!object.IsObject()) return nullptr;
  auto it = object.FindMember(key);
  return it == object.MemberEnd() ? nullptr : &it->value;
}

std::string get_string(const JsonValue& object, const char* key, std::string fallback) {
  const JsonValue* v = get_member(object, key);
  return v && v->IsString() ? std::string(v->GetString(), v->GetStringLength()) : fallback;
}

std::int64_t get_int(const JsonValue& object, const char* key, std::int64_t fallback) {
  const JsonValue* v = get_member(object, key);
  return v && v->IsInt64() ? v->GetInt64() : fallback;
}

std::uint64_t get_uint(const JsonValue& object, const char* key) {
  const JsonValue* m = get_member(object, key);
  return m && m->IsUint64() ? m->GetUint64() : 0;
}

double get_double(const JsonValue& object, const char* key, double fallback) {
  const JsonValue* v = get_member(object, key);
  return v && v->IsNumber() ? v->GetDouble() : fallback;
}

bool get_bool(const JsonValue& object, const char* key, bool fallback) {
  const JsonValue* v = get_member(object, key);
  return v && v->IsBool() ? v->GetBool() : fallback;
}

void JsonObject::key(std::string_view key) {
  if (body_.size() > 1) body_ += ',';
  append_json_string(body_, key);
  body_ += ':';
}

JsonObject& JsonObject::add(std::string_view k, std::string_view value) {
  key(k);
  append_json_string(body_, value);
  return *this;
}

JsonObject& JsonObject::add(std::string_view k, bool value) { return add_raw(k, value ? "true" : "false"); }

JsonObject& JsonObject::add(std::string_view k, double value) {
  key(k);
  append_python_float(body_, value);
  return *this;
}

JsonObject& JsonObject::add(std::string_view k, std::int64_t value) {
  return add_raw(k, std::to_string(value));
}

JsonObject& JsonObject::add(std::string_view k, std::uint64_t value) {
  return add_raw(k, std::to_string(value));
}

JsonObject& JsonObject::add_raw(std::string_view k, std::string_view json) {
  key(k);
  body_ += json;
  return *this;
}

std::string json_string_array(const std::vector<std::string>& items) {
  return json_array(items, [](const std::string& s) {
    std::string out;
    append_json_string(out, s);
    return out;
  });
}

std::string json_number_array(const std::vector<std::size_t>& items) {
  return json_array(items, [](std::size_t n) { return std::to_string(n); });
}

std::string to_json(const Status& status) {
  return JsonObject().add("code", std::int64_t{static_cast<int>(status.code())}).add("message", status.message()).text();
}

Status status_from(const JsonValue& json) {
  const auto code = static_cast<Code>(get_int(json, "code"));
  return code == Code::kOk ? Status() : Status(code, get_string(json, "message"));
}

}  // namespace ophost
