#include "host/plugin/instance.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>

#include "host/base/json.hpp"
#include "host/plugin/instance_impl.hpp"
#include "ophost/version.h"

namespace ophost {
namespace {

Result<ColumnType> column_type(std::string_view name, const std::string& declared) {
  if (name == "str") return ColumnType::kStr;
  if (name == "bytes") return ColumnType::kBytes;
  if (name == "i64") return ColumnType::kI64;
  if (name == "f64") return ColumnType::kF64;
  if (name == "bool") return ColumnType::kBool;
  if (name == "json") return ColumnType::kJson;
  if (name == "u64x") return ColumnType::kU64X;
  return Status::plugin("the column '" + declared + "' has an unknown type; known are str, bytes, i64, f64, bool, "
                        "json and u64x.");
}

}  // namespace

Result<ColumnSpec> resolve_column(const std::string& declared, const std::string& params,
                                  const std::string& text_key) {
  std::string path = declared, type = "str";
  if (std::size_t colon = declared.rfind(':'); colon != std::string::npos) {
    path = declared.substr(0, colon);
    type = declared.substr(colon + 1);
  }
  ColumnSpec spec;
  OPH_ASSIGN(spec.type, column_type(type, declared));
  if (path == "$text_key") {
    spec.path = text_key;
    return spec;
  }
  for (std::size_t at = 0; at < path.size();) {
    std::size_t open = path.find("${", at), close = path.find('}', open);
    if (open == std::string::npos || close == std::string::npos) {
      spec.path.append(path, at);
      break;
    }
    spec.path.append(path, at, open - at);
    std::string name = path.substr(open + 2, close - open - 2);
    OPH_ASSIGN(Json doc, parse_json(params, "the operator's parameters"));
    if (std::size_t then = name.find('?'), other = name.find(':', then); other != std::string::npos) {
      const bool yes = get_bool(doc, name.substr(0, then).c_str());
      spec.path += yes ? name.substr(then + 1, other - then - 1) : name.substr(other + 1);
    } else {
      spec.path += get_string(doc, name.c_str());  // "" names the member ""; whether that is sensible the operator knows
    }
    at = close + 1;
  }
  return spec;
}

Result<Hash128> file_digest(const std::string& path) {
  using Look = std::array<std::int64_t, 5>;
  static std::mutex mutex;
  static std::map<std::string, std::pair<Look, Hash128>> known;
  OPH_ASSIGN(Fd fd, open_read(path));
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0) return Status::os(Code::kFailed, "cannot look at '" + path + "'", errno);
  const Look look = {static_cast<std::int64_t>(s.st_dev), static_cast<std::int64_t>(s.st_ino), s.st_size,
                     s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
  std::lock_guard lock(mutex);  // also so that many workers do not read one model at once
  if (auto it = known.find(path); it != known.end() && it->second.first == look) return it->second.second;
  OPH_ASSIGN(Hash128 digest, hash_file(fd, path));
  known[path] = {look, digest};
  return digest;
}

std::string derived_path(const std::string& column, const std::string& text_key) { return column + "@" + text_key; }

Result<std::unique_ptr<OpInstance>> OpInstance::create(const Operator& op, std::size_t op_index,
                                                       const std::string& params, const std::string& text_key,
                                                       const HostServices& services) {
  std::unique_ptr<OpInstance> self(new OpInstance);
  self->op_ = &op;
  self->impl_ = std::make_unique<Impl>();
  Impl& i = *self->impl_;
  std::string where = "process[" + std::to_string(op_index) + "] " + op.name;
  i.services = &services;
  i.op_index = op_index;
  i.who = op.plugin->id + " " + op.name;
  i.place = where;
  i.host.struct_size = sizeof(oph_host);
  i.host.abi_minor = OPH_ABI_MINOR;
  i.host.ctx = &i;
  static constexpr char kName[] = "ophost", kVersion[] = OPHOST_VERSION;
  i.host.name = {kName, sizeof kName - 1};
  i.host.version = {kVersion, sizeof kVersion - 1};
  i.host.log = Impl::log;
  i.host.cancelled = Impl::cancelled;
  i.host.scratch = Impl::take_scratch;
  i.host.resource = Impl::resource;
  i.host.get_extension = Impl::extension;

  for (const std::string& r : op.reads) {
    auto spec = resolve_column(r, params, text_key);
    if (!spec.ok()) return spec.status().within(where);
    self->reads_.push_back(*spec);
  }
  for (const std::string& d : op.derives) {
    auto spec = resolve_column(d, params, text_key);
    if (!spec.ok()) return spec.status().within(where);
    spec->path = derived_path(spec->path, text_key);
    self->reads_.push_back(*spec);
  }
  for (const std::string& w : op.writes) {
    auto spec = resolve_column(w, params, text_key);
    if (!spec.ok()) return spec.status().within(where);
    if (op.desc.kind == OPH_KIND_DERIVE) spec->path = derived_path(spec->path, text_key);
    if (spec->path != "$keys") self->writes_.push_back(*spec);
  }

  // `open` runs once per plugin and process, before its first create.
  static std::mutex opening;
  std::lock_guard lock(opening);
  Plugin& plugin = *const_cast<Plugin*>(op.plugin);
  oph_error e = i.error();
  i.in_create = true;
  try {
    if (!plugin.opened && plugin.entry.open && plugin.entry.open(&i.host, &e) != OPH_OK)
      return Status::plugin("the plugin '" + plugin.file + "' could not be opened: " + i.message.c_str());
    plugin.opened = true;
    i.instance = op.desc.common->create(&i.host, op.original, {params.data(), params.size()}, &e);
  } catch (const std::exception& x) {
    return Status::plugin(where + ": create() threw an exception across the border: " + x.what());
  } catch (...) {
    return Status::plugin(where + ": create() threw something across the border");
  }
  i.in_create = false;
  i.free_scratch();
  if (!i.instance) {
    std::string reason = i.message.c_str();
    if (reason.empty()) reason = "create() failed without a message (a fault of the plugin '" + plugin.file + "')";
    return Status(e.code == OPH_E_CONFIG ? Code::kUsage : Code::kPlugin, where + ": " + i.without_name(reason));
  }
  return self;
}

bool OpInstance::has_near() const {
  const auto* api = static_cast<const oph_dedup_api*>(op_->desc.vtable);
  return op_->desc.kind == OPH_KIND_DEDUP && api->struct_size >= sizeof(oph_dedup_api) && api->near_keys;
}

Status OpInstance::near(const std::vector<std::uint64_t>& keys,
                        const std::function<void(std::uint64_t, std::uint64_t)>& link) {
  const auto* api = static_cast<const oph_dedup_api*>(op_->desc.vtable);
  struct Links {
    const std::function<void(std::uint64_t, std::uint64_t)>& use;
    std::uint64_t count;
    bool beyond = false;
    static void call(void* ctx, std::uint64_t i, std::uint64_t j) {
      auto& self = *static_cast<Links*>(ctx);
      if (i < self.count && j < self.count) self.use(i, j);
      else self.beyond = true;
    }
  } links{link, keys.size() / 2};
  OPH_TRY(impl_->once("near_keys", [&](oph_error& e) {
    return api->near_keys(impl_->instance, keys.data(), links.count, Links::call, &links, &e);
  }));
  if (links.beyond) return Status::failed(impl_->place + ": near_keys linked a key that is not there (a fault of the plugin)");
  return {};
}

void OpInstance::release_memory() {
  impl_->out = OutBuffer();
  impl_->bools = {};
}

OpInstance::~OpInstance() {
  if (impl_ && impl_->instance) op_->desc.common->destroy(impl_->instance);
}

const std::vector<ResourceUse>& OpInstance::resources() const { return impl_->resources; }

Result<std::size_t> OpInstance::map(Batch& batch) {
  const auto* api = static_cast<const oph_map_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  OPH_ASSIGN(auto out, impl_->bind(batch, writes_));
  std::size_t changed = 0;
  OPH_TRY(impl_->guarded(
      batch, in, out, false, batch.alive,
      [&](const oph_batch& b, oph_error& e) { return api->process(impl_->instance, &b, impl_->out.table(), &e); },
      [&](const Bitmap&) { changed += impl_->out.commit(); }));
  return changed;
}

Result<std::size_t> OpInstance::filter(Batch& batch) {
  const auto* api = static_cast<const oph_filter_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  OPH_ASSIGN(auto stats, impl_->bind(batch, writes_));
  if (!stats.empty() && api->stats) {
    Bitmap missing = batch.alive;
    for (std::size_t b = 0; b < missing.bytes(); ++b) {
      std::uint8_t have = 0xff;
      for (int s : stats) have &= batch.columns[static_cast<std::size_t>(s)].valid.data()[b];
      missing.data()[b] &= static_cast<std::uint8_t>(~have);
    }
    OPH_TRY(impl_->guarded(
        batch, in, stats, false, missing,
        [&](const oph_batch& b, oph_error& e) { return api->stats(impl_->instance, &b, impl_->out.table(), &e); },
        [&](const Bitmap&) { impl_->out.commit(); }));
  }
  Bitmap keep;
  keep.assign(batch.rows(), false);
  Bitmap decided = batch.alive;
  std::vector<std::uint8_t> bits(keep.bytes());
  OPH_TRY(impl_->guarded(
      batch, stats.empty() ? in : stats, {}, false, decided,
      [&](const oph_batch& b, oph_error& e) {
        std::fill(bits.begin(), bits.end(), 0);
        return api->keep(impl_->instance, &b, bits.data(), &e);
      },
      [&](const Bitmap& selection) {
        for (std::size_t b = 0; b < keep.bytes(); ++b) keep.data()[b] |= bits[b] & selection.data()[b];
      }));
  std::size_t before = batch.alive.count();
  batch.alive.and_with(keep);
  return before - batch.alive.count();
}

Status OpInstance::keys(Batch& batch, bool want_hashes, std::vector<std::uint64_t>& keys, std::uint32_t& width) {
  const auto* api = static_cast<const oph_dedup_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  std::vector<int> out(writes_.size(), -1);
  if (want_hashes) {
    OPH_ASSIGN(out, impl_->bind(batch, writes_));
  }
  width = 0;
  Status misfit;
  OPH_TRY(impl_->guarded(
      batch, in, out, true, batch.alive,
      [&](const oph_batch& b, oph_error& e) { return api->keys(impl_->instance, &b, impl_->out.table(), &e); },
      [&](const Bitmap& selection) {
        std::uint32_t w = impl_->out.key_width();
        if (width == 0) {
          width = w;
          keys.assign(batch.rows() * w, 0);
        } else if (w != width) {
          misfit = Status::plugin(impl_->place + ": keys of different widths in one batch");
          return;
        }
        impl_->out.commit();
        for (std::size_t r = 0; r < batch.rows(); ++r)
          if (selection.get(r)) std::copy_n(&impl_->out.keys()[r * w], w, &keys[r * w]);
      }));
  if (misfit.ok() && width % 2 != 0)
    misfit = Status::plugin(impl_->place + ": a key is two 64-bit values, but the width is " + std::to_string(width));
  return misfit;
}

bool OpInstance::has_rank() const {
  const auto* api = static_cast<const oph_dedup_api*>(op_->desc.vtable);
  return op_->desc.kind == OPH_KIND_DEDUP && api->struct_size >= offsetof(oph_dedup_api, rank) + sizeof(void*) && api->rank;
}

Status OpInstance::rank(Batch& batch, std::vector<std::int64_t>& rank) {
  const auto* api = static_cast<const oph_dedup_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  rank.assign(batch.rows(), 0);
  return impl_->guarded(
      batch, in, {}, false, batch.alive,
      [&](const oph_batch& b, oph_error& e) { return api->rank(impl_->instance, &b, rank.data(), &e); },
      [](const Bitmap&) {});
}

}  // namespace ophost
