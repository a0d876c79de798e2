// What stands behind an OpInstance: the services it gives to its operator and the guard around calls. Private to
// host/plugin. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "host/base/files.hpp"
#include "host/base/text.hpp"
#include "host/batch/utf8.hpp"
#include "host/plugin/instance.hpp"
#include "host/plugin/out_buffer.hpp"

namespace ophost {

// The digest of a file's bytes. Every worker has instances of its own, and models are large: what was read once is
// remembered for as long as the file looks the same.
Result<Hash128> file_digest(const std::string& path);

inline Result<Hash128> digest_of(const std::string& path) {
  if (!is_directory(path)) return file_digest(path);
  Hasher h;
  OPH_ASSIGN(auto files, list_files(path));
  for (const std::string& f : files) {
    OPH_ASSIGN(Hash128 content, file_digest(f));
    h.field(f.substr(path.size())).field(content.view());
  }
  return h.digest();
}

struct OpInstance::Impl {
  const HostServices* services = nullptr;
  std::size_t op_index = 0;
  oph_host host{};
  oph_op* instance = nullptr;
  bool in_create = false;
  std::vector<ResourceUse> resources;
  std::vector<std::unique_ptr<std::string>> resource_texts;  // what resource() handed out
  std::vector<void*> scratch;
  OutBuffer out;
  std::string message;  // buffer behind oph_error

  // ---- services ----
  static Impl& self(void* ctx) { return *static_cast<Impl*>(ctx); }
  std::string who;    // "org.example.plugin operator", for the log
  std::string place;  // "process[3] operator", for errors
  static void log(void* ctx, std::int32_t level, oph_str m) {
    Impl& i = self(ctx);
    if (i.services->log) i.services->log(level, i.who, plugin_text(m));
  }
  static std::int32_t cancelled(void* ctx) {
    const auto* flag = self(ctx).services->cancelled;
    return flag && flag->load(std::memory_order_relaxed);
  }
  static void* take_scratch(void* ctx, std::uint64_t bytes, std::uint64_t align) {
    align = std::max<std::uint64_t>(align, sizeof(void*));
    if ((align & (align - 1)) != 0 || align > 4096 || bytes > (std::uint64_t{1} << 40)) return nullptr;
    void* p = std::aligned_alloc(align, (std::max<std::uint64_t>(bytes, 1) + align - 1) / align * align);
    if (p) self(ctx).scratch.push_back(p);
    return p;
  }
  static oph_status resource(void* ctx, oph_str name, oph_str* path) {
    Impl& i = self(ctx);
    auto give = [&](std::string text) {
      i.resource_texts.push_back(std::make_unique<std::string>(std::move(text)));
      if (path) *path = {i.resource_texts.back()->data(), i.resource_texts.back()->size()};
    };
    if (!i.in_create) {
      give("resource() may only be called inside create()");
      return OPH_E_UNSUPPORTED;
    }
    std::string wanted = plugin_text(name);
    std::vector<std::string> tried;
    if (!wanted.empty() && wanted[0] == '/') tried.push_back(wanted);
    else
      for (const std::string& dir : i.services->resource_paths) tried.push_back(dir + "/" + wanted);
    for (const std::string& file : tried) {
      if (!exists(file)) continue;
      auto digest = digest_of(file);
      if (!digest.ok()) {
        give(digest.status().message());
        return OPH_E_IO;
      }
      i.resources.push_back({wanted, absolute_path(file), *digest});
      give(absolute_path(file));
      return OPH_OK;
    }
    give("the resource '" + wanted + "' was not found; looked for " +
         (tried.empty() ? "nothing, because no resource path is set" : join(tried, ", ")) +
         ". Name its folder with --resource-path.");
    return OPH_E_CONFIG;
  }
  static const void* extension(void*, const char*) { return nullptr; }

  void free_scratch() {
    for (void* p : scratch) std::free(p);
    scratch.clear();
  }

  oph_error error() {
    message.assign(4096, '\0');
    return {sizeof(oph_error), 0, -1, message.data(), message.size()};
  }

  // The batch as the plugin sees it.
  std::vector<oph_column> views;
  std::vector<std::vector<std::uint8_t>> bools;  // BOOL8 columns, one byte a row
  oph_batch view(const Batch& batch, const std::vector<int>& columns, const Bitmap& selection) {
    views.clear();
    bools.clear();
    for (int index : columns) {
      const Column& c = batch.columns[static_cast<std::size_t>(index)];
      oph_column v{};
      v.type = static_cast<std::int32_t>(c.spec.type);
      v.validity = c.valid.all() ? nullptr : c.valid.data();
      if (is_variable(c.spec.type)) {
        v.offsets = c.offsets.data();
        v.values = c.values.data();
      } else if (c.spec.type == ColumnType::kF64) {
        v.values = c.f64.data();
      } else if (c.spec.type == ColumnType::kBool) {
        v.values = bools.emplace_back(c.i64.begin(), c.i64.end()).data();
      } else {
        v.values = c.i64.data();
      }
      views.push_back(v);
    }
    oph_batch b{};
    b.struct_size = sizeof b;
    b.column_count = static_cast<std::uint32_t>(views.size());
    b.rows = batch.rows();
    b.columns = views.data();
    b.row_ids = batch.row_ids.data();
    b.selection = selection.all() ? nullptr : selection.data();
    b.partition = batch.partition;
    b.offset = batch.first_row;
    return b;
  }

  // Runs `call` over the rows of `selection`; when it fails as a whole, narrows it down to the guilty rows.
  // `accept` takes over the results of a good call.
  using Call = std::function<oph_status(const oph_batch&, oph_error&)>;
  using Accept = std::function<void(const Bitmap&)>;
  Status guarded(Batch& batch, const std::vector<int>& in, const std::vector<int>& out_columns, bool keys,
                 const Bitmap& selection, const Call& call, const Accept& accept) {
    out.prepare(out_columns, keys);
    return guarded(batch, in, out, selection, call, accept);
  }
  Status guarded(Batch& batch, const std::vector<int>& in, CallOutput& output, const Bitmap& selection,
                 const Call& call, const Accept& accept) {
    if (selection.none()) return {};
    output.begin(batch, selection);
    oph_batch b = view(batch, in, selection);
    oph_error e = error();
    oph_status status;
    std::string reason;
    try {
      status = call(b, e);
    } catch (const std::exception& x) {
      status = OPH_E_INTERNAL;
      reason = "it threw an exception across the border: " + clean_message(x.what());
    } catch (...) {
      status = OPH_E_INTERNAL;
      reason = "it threw something across the border";
    }
    free_scratch();
    if (status == OPH_OK) {
      reason = output.check();
      if (reason.empty()) {
        accept(selection);
        for (const RowError& r : output.row_errors()) batch.fail(r.row, static_cast<std::int32_t>(op_index), r.code, r.message);
        return {};
      }
      reason = "the plugin broke its contract: " + reason;
      status = OPH_E_INTERNAL;
    } else if (reason.empty()) {
      message.back() = '\0';
      reason = clean_message(message.c_str());
      if (reason.empty())
        reason = "it failed with status " + std::to_string(status) + " without a message (a fault of the plugin)";
    }
    if (status == OPH_E_CANCELLED && cancelled(this)) return Status::stopped("the run was cancelled");
    std::size_t live = selection.count();
    bool named = e.row >= 0 && static_cast<std::size_t>(e.row) < batch.rows() &&
                 selection.get(static_cast<std::size_t>(e.row));
    if (live == 1 || named) {
      std::size_t row = named ? static_cast<std::size_t>(e.row) : 0;
      while (!selection.get(row)) ++row;
      batch.fail(row, static_cast<std::int32_t>(op_index), status, reason);
      Bitmap rest = selection;
      rest.clear(row);
      return guarded(batch, in, output, rest, call, accept);
    }
    Bitmap first, second;
    first.assign(batch.rows(), false);
    second.assign(batch.rows(), false);
    for (std::size_t r = 0, seen = 0; r < batch.rows(); ++r)
      if (selection.get(r)) (seen++ < live / 2 ? first : second).set(r);
    OPH_TRY(guarded(batch, in, output, first, call, accept));
    return guarded(batch, in, output, second, call, accept);
  }

  Result<std::vector<int>> bind(const Batch& batch, const std::vector<ColumnSpec>& specs) const {
    std::vector<int> out;
    for (const ColumnSpec& s : specs) {
      auto it = std::find_if(batch.columns.begin(), batch.columns.end(),
                             [&](const Column& c) { return c.spec == s; });
      if (it == batch.columns.end())
        return Status::failed(place + ": the column '" + s.path + "' is not in the batch");
      out.push_back(static_cast<int>(it - batch.columns.begin()));
    }
    return out;
  }

  // Plugins often begin a message with the operator's name, which stands before it already.
  std::string without_name(std::string message) const {
    const std::string name = place.substr(place.find(' ') + 1) + ": ";
    return message.starts_with(name) ? message.substr(name.size()) : message;
  }

  // A call outside of any batch. OK, or what failed as a Status.
  Status once(const char* what, const std::function<oph_status(oph_error&)>& call) {
    oph_error e = error();
    oph_status status;
    try {
      status = call(e);
    } catch (const std::exception& x) {
      return Status::failed(place + ": " + what + " threw an exception across the border: " + clean_message(x.what()));
    } catch (...) {
      return Status::failed(place + ": " + what + " threw something across the border");
    }
    free_scratch();
    if (status == OPH_OK) return {};
    if (status == OPH_E_CANCELLED && cancelled(this)) return Status::stopped("the run was cancelled");
    message.back() = '\0';
    std::string reason = clean_message(message.c_str());
    if (reason.empty()) reason = std::string(what) + " failed with status " + std::to_string(status) + " without a message (a fault of the plugin)";
    return Status::failed(place + ": " + without_name(reason));
  }
};

}  // namespace ophost
