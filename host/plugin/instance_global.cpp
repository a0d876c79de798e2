// The calls of operators that change the number or the order of records: FLATMAP, GROUP, SELECT, AGGREGATE.
#include "host/plugin/instance_impl.hpp"

namespace ophost {
namespace {

const oph_aggregate_api* states_of(const oph_op_desc& desc) {
  return desc.kind == OPH_KIND_SELECT ? static_cast<const oph_select_api*>(desc.vtable)->summary
                                      : static_cast<const oph_aggregate_api*>(desc.vtable);
}

// Members appended to oph_select_api after `apply` are there when the plugin's table is long enough.
const oph_select_api& select_of(const oph_op_desc& desc) { return *static_cast<const oph_select_api*>(desc.vtable); }

}  // namespace

Status OpInstance::flatmap(Batch& batch, MadeRecords& made) {
  const auto* api = static_cast<const oph_map_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  RecordBuffer buffer(RecordBuffer::Mode::kRecords, writes_.size());
  made.clear(writes_.size());
  return impl_->guarded(
      batch, in, buffer, batch.alive,
      [&](const oph_batch& b, oph_error& e) { return api->process(impl_->instance, &b, buffer.table(), &e); },
      [&](const Bitmap&) { made.append(buffer.records()); });
}

Status OpInstance::group_keys(Batch& batch, std::vector<Hash128>& keys) {
  const auto* api = static_cast<const oph_group_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  RecordBuffer buffer(RecordBuffer::Mode::kCells, 1);
  keys.assign(batch.rows(), {});
  return impl_->guarded(
      batch, in, buffer, batch.alive,
      [&](const oph_batch& b, oph_error& e) { return api->keys(impl_->instance, &b, buffer.table(), &e); },
      [&](const Bitmap&) {
        const MadeRecords& made = buffer.records();
        for (std::size_t i = 0; i < made.count(); ++i) keys[made.source[i]] = hash128(made.cell(i, 0));
      });
}

Status OpInstance::emit(Batch& group, MadeRecords& made) {
  const auto* api = static_cast<const oph_group_api*>(op_->desc.vtable);
  OPH_ASSIGN(auto in, impl_->bind(group, reads_));
  RecordBuffer buffer(RecordBuffer::Mode::kRecords, writes_.size());
  buffer.begin(group, group.alive);
  oph_batch b = impl_->view(group, in, group.alive);
  OPH_TRY(impl_->once("emit", [&](oph_error& e) { return api->emit(impl_->instance, &b, buffer.table(), &e); }));
  std::string breach = buffer.check();
  if (breach.empty() && !buffer.row_errors().empty()) breach = buffer.row_errors().front().message;
  if (!breach.empty()) return Status::plugin(impl_->place + ": emit: " + breach);
  made = buffer.records();
  return {};
}

Result<std::unique_ptr<OpState>> OpInstance::new_state() {
  const auto* api = states_of(op_->desc);
  oph_state* state = nullptr;
  OPH_TRY(impl_->once("state_new", [&](oph_error& e) {
    state = api->state_new(impl_->instance, &e);
    return state ? OPH_OK : OPH_E_INTERNAL;
  }));
  return std::make_unique<OpState>(api, impl_->instance, state);
}

Status OpInstance::update(OpState& state, Batch& batch) {
  const auto* api = states_of(op_->desc);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  // A call that failed may have taken some of its rows: every attempt has a state of its own, merged when it is whole.
  std::unique_ptr<OpState> attempt;
  Status merged;
  RecordBuffer none(RecordBuffer::Mode::kRecords, 0);
  OPH_TRY(impl_->guarded(
      batch, in, none, batch.alive,
      [&](const oph_batch& b, oph_error& e) -> oph_status {
        attempt.reset();
        oph_state* fresh = api->state_new(impl_->instance, &e);
        if (!fresh) return OPH_E_INTERNAL;
        attempt = std::make_unique<OpState>(api, impl_->instance, fresh);
        return api->update(impl_->instance, fresh, &b, &e);
      },
      [&](const Bitmap&) {
        if (merged.ok()) merged = merge(state, *attempt);
      }));
  return merged;
}

Status OpInstance::merge(OpState& into, const OpState& from) {
  const auto* api = states_of(op_->desc);
  return impl_->once("merge", [&](oph_error& e) { return api->merge(impl_->instance, into.get(), from.get(), &e); });
}

Result<std::string> OpInstance::save(const OpState& state) {
  const auto* api = states_of(op_->desc);
  std::string bytes;
  const oph_write_fn write = [](void* ctx, const void* p, std::uint64_t n) -> oph_status {
    static_cast<std::string*>(ctx)->append(static_cast<const char*>(p), n);
    return OPH_OK;
  };
  OPH_TRY(impl_->once("save", [&](oph_error& e) { return api->save(impl_->instance, state.get(), write, &bytes, &e); }));
  return bytes;
}

Status OpInstance::load(OpState& state, std::string_view bytes) {
  const auto* api = states_of(op_->desc);
  return impl_->once("load", [&](oph_error& e) {
    return api->load(impl_->instance, state.get(), bytes.data(), bytes.size(), op_->desc.state_encver, &e);
  });
}

Status OpInstance::finish(OpState& state, MadeRecords& made) {
  const auto* api = states_of(op_->desc);
  RecordBuffer buffer(RecordBuffer::Mode::kFinish, op_->desc.kind == OPH_KIND_SELECT ? 1 : writes_.size());
  buffer.begin(nullptr, nullptr);
  OPH_TRY(impl_->once("finish", [&](oph_error& e) { return api->finish(impl_->instance, state.get(), buffer.table(), &e); }));
  std::string breach = buffer.check();
  if (!breach.empty()) return Status::plugin(impl_->place + ": finish: " + breach);
  made = buffer.records();
  return {};
}

bool OpInstance::has_apply() const { return select_of(op_->desc).apply != nullptr; }

bool OpInstance::has_rewrite() const {
  const oph_select_api& api = select_of(op_->desc);
  return api.struct_size >= offsetof(oph_select_api, rewrite) + sizeof(void*) && api.rewrite;
}

std::uint64_t OpInstance::total(const std::string& decision) {
  const oph_select_api& api = select_of(op_->desc);
  if (api.struct_size < offsetof(oph_select_api, total) + sizeof(void*) || !api.total) return 0;
  return api.total(impl_->instance, {decision.data(), decision.size()});
}

Status OpInstance::apply(const std::string& decision, Batch& batch, std::vector<std::int64_t>& order) {
  const oph_select_api& api = select_of(op_->desc);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  order.assign(batch.rows(), -1);
  RecordBuffer none(RecordBuffer::Mode::kRecords, 0);
  return impl_->guarded(
      batch, in, none, batch.alive,
      [&](const oph_batch& b, oph_error& e) {
        return api.apply(impl_->instance, {decision.data(), decision.size()}, &b, order.data(), &e);
      },
      [](const Bitmap&) {});
}

Result<std::size_t> OpInstance::rewrite(const std::string& decision, Batch& batch) {
  const oph_select_api& api = select_of(op_->desc);
  OPH_ASSIGN(auto in, impl_->bind(batch, reads_));
  OPH_ASSIGN(auto out, impl_->bind(batch, writes_));
  std::size_t changed = 0;
  OPH_TRY(impl_->guarded(
      batch, in, out, false, batch.alive,
      [&](const oph_batch& b, oph_error& e) {
        return api.rewrite(impl_->instance, {decision.data(), decision.size()}, &b, impl_->out.table(), &e);
      },
      [&](const Bitmap&) { changed += impl_->out.commit(); }));
  return changed;
}

}  // namespace ophost
